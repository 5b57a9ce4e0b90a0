import { DOMParser } from "linkedom/worker";
import { z } from "zod";

/** Tests of a report by how they ended. */
export interface Counted {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is looked at of an element; there are no types of a browser here. */
interface XmlElement {
  getAttribute(name: string): string | null;
  querySelector(selector: string): XmlElement | null;
  querySelectorAll(selector: string): Iterable<XmlElement>;
}

/**
 * Counts the tests of a report's file by itself, from its elements, with another parser than the one
 * under test and by the plainest rules that give what the file's author would say.
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
  // This parser leaves entities in attributes as they are.
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
