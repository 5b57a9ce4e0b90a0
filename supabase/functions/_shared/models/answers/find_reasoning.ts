import type { JsonSpan } from "./find_json_spans.ts";

/** A stretch of text in which a model thinks aloud. */
export interface Reasoning {
  readonly begin: number;
  /** Offset behind it; the text's length if it is never closed. */
  readonly end: number;
  readonly isClosed: boolean;
}

/** A tag that begins or ends thinking. */
export interface ReasoningTag {
  readonly begin: number;
  readonly end: number;
  readonly isClosing: boolean;
}

const NAME = "think(?:ing)?|thoughts?|reason(?:ing)?|reflections?|scratch_?pad|analysis|" +
  "chain_of_thought|inner_monologue";
// `[THINK]` is Mistral's, `◁think▷` Kimi's, `<seed:think>` Seed's.
const TAG = new RegExp(
  `<(/?)(?:[a-z]+:)?(?:${NAME})(?:\\s[^<>]{0,200})?>|\\[(/?)THINK\\]|◁(/?)think▷`,
  "gi",
);

/** Finds every tag in `text` that begins or ends thinking, in order. */
export function findReasoningTags(text: string): ReasoningTag[] {
  return Array.from(text.matchAll(TAG), (match) => ({
    begin: match.index,
    end: match.index + match[0].length,
    isClosing: [match[1], match[2], match[3]].includes("/"),
  }));
}

/**
 * Finds the stretches in which a model thinks aloud. A closing tag without an opening one ends a
 * stretch that began with the text, since some chat templates write the opening tag themselves. A
 * tag inside JSON is data.
 *
 * @param spans the JSON in the text, in order
 */
export function findReasoning(
  text: string,
  tags: readonly ReasoningTag[],
  spans: readonly JsonSpan[],
): Reasoning[] {
  const found: Reasoning[] = [];
  let opened: number | null = null;
  let span = 0;
  for (const { begin, end, isClosing } of tags) {
    while ((spans[span]?.end ?? Infinity) <= begin) span++;
    if ((spans[span]?.begin ?? Infinity) < begin) continue;
    if (!isClosing) opened ??= begin;
    else {
      found.push({ begin: opened ?? found.at(-1)?.end ?? 0, end, isClosed: true });
      opened = null;
    }
  }
  if (opened !== null) found.push({ begin: opened, end: text.length, isClosed: false });
  return found;
}
