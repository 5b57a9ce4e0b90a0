import { splitWords } from "../../platform/split_words.ts";
import type { Served } from "../calls/model_call.ts";
import { isSameModel } from "../catalogue/same_model.ts";
import { storableText } from "./parse_output.ts";

/** Headers in which providers put the id of a request, most specific first. */
const ID_HEADERS = splitWords(
  "x-request-id request-id apim-request-id x-amzn-requestid x-generation-id",
);

const MAX_NAME = 200;

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
  const told: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null
    ? { ...body }
    : {};
  const model = name(told["model"]);
  const inHeaders = ID_HEADERS.map((header) => name(headers?.get(header)));
  return {
    model,
    provider: name(told["provider"]),
    requestId:
      [...inHeaders, name(told["request_id"]), name(told["id"]), name(headers?.get("cf-ray"))]
        .find((id) => id !== null) ?? null,
    isOther: model !== null && !isSameModel(asked, model),
  };
}

function name(value: unknown): string | null {
  if (typeof value !== "string" || value === "") return null;
  return storableText(value).slice(0, MAX_NAME);
}
