import { splitWords } from "../../platform/split_words.ts";
import type { Served } from "../calls/model_call.ts";
import { isSameModel } from "../catalogue/same_model.ts";
import { storableText } from "./parse_output.ts";

/** Headers in which providers put the id of a request, most specific first. */
const ID_HEADERS = splitWords(
  "x-request-id request-id apim-request-id x-amzn-requestid x-generation-id",
);

const MAX_NAME = 200;

/** An answer with unknown members. */
type Told = Readonly<Record<string, unknown>>;

/**
 * Reads from an answer which model and company gave it.
 *
 * @param asked The model's name as it was sent.
 */
export function readServed(
  headers: { get(name: string): string | null } | undefined,
  body: unknown,
  asked: string,
): Served {
  const told = (typeof body === "object" ? body : null) as Told | null ?? {};
  const model = name(told["model"]);
  return {
    model,
    provider: name(told["provider"]),
    requestId: readRequestId(headers, told),
    isOther: model !== null && !isSameModel(asked, model),
  };
}

function readRequestId(
  headers: { get(name: string): string | null } | undefined,
  told: Told,
): string | null {
  for (const header of ID_HEADERS) {
    const id = name(headers?.get(header));
    if (id !== null) return id;
  }
  return name(told["request_id"]) ?? name(told["id"]) ?? name(headers?.get("cf-ray"));
}

function name(value: unknown): string | null {
  if (typeof value !== "string" || value === "") return null;
  return storableText(value).slice(0, MAX_NAME);
}
