import { DOMParser } from "linkedom/worker";
import { z } from "zod";

/** Number of a report's tests by outcome. */
export interface Counted {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Part of an XML element that is used here. The types of browsers are not available. */
interface XmlElement {
  getAttribute(name: string): string | null;
  querySelector(selector: string): XmlElement | null;
  querySelectorAll(selector: string): Iterable<XmlElement>;
}

/**
 * Counts the tests in a report from its elements, independently of the parser under test: with
 * another parser and by the simplest rules that give the result its author would give.
 */
export function countReport(text: string): Counted {
  return text.trimStart().startsWith("<") ? countJunit(text) : countCtrf(text);
}

function countJunit(text: string): Counted {
  const document = new DOMParser().parseFromString(
    text.replace(/[^\P{Cc}\t\n\r]/gu, ""),
    "text/xml",
  ) as unknown as XmlElement;
  const cases = [...document.querySelectorAll("testcase")];
  // This parser does not decode entities in attributes.
  const names = cases.map((element) =>
    (element.getAttribute("name") ?? "").replaceAll("&gt;", ">")
  );
  const outcomes = cases.flatMap((element, index): string[] => {
    const name = names[index] ?? "";
    const hasSteps = names.some((other) => other.startsWith(`${name} > `));
    const isTeardown = name === names[index - 1] &&
      (element.querySelector("error")?.getAttribute("message") ?? "").includes("on teardown");
    if (hasSteps || isTeardown) return [];
    if (element.querySelector("flakyFailure, flakyError") !== null) return ["passed"];
    if (element.querySelector("failure, error") !== null) return ["failed"];
    const isSkipped = element.querySelector("skipped") !== null ||
      element.getAttribute("status") === "notrun";
    return [isSkipped ? "skipped" : "passed"];
  });
  return tally(outcomes);
}

const ctrfSchema = z.object({
  results: z.object({ tests: z.array(z.object({ status: z.string() })) }),
});

function countCtrf(text: string): Counted {
  return tally(
    ctrfSchema.parse(JSON.parse(text)).results.tests.map(({ status }) =>
      ["passed", "failed"].includes(status) ? status : "skipped"
    ),
  );
}

function tally(outcomes: readonly string[]): Counted {
  const count = (outcome: string) => outcomes.filter((found) => found === outcome).length;
  return {
    total: outcomes.length,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}
