import { RestError } from "./rest_error.ts";

/** Format of a response. */
export interface MediaType {
  readonly format: "array" | "object" | "csv";
  readonly stripsNulls: boolean;
  /** Value of `Content-Type`. */
  readonly contentType: string;
}

const PLAIN = "application/json; charset=utf-8";
const OBJECT = "application/vnd.pgrst.object+json";
const ARRAY = "application/vnd.pgrst.array+json";

/**
 * Chooses the format of a response.
 *
 * @throws {RestError} `PGRST107` if the client accepts none.
 */
export function negotiate(accept: string | null): MediaType {
  const wanted = (accept ?? "*/*").split(",").map((one) => {
    const [type = "", ...params] = one.split(";").map((part) => part.trim().toLowerCase());
    const q = params.find((param) => param.startsWith("q="))?.slice(2);
    return { type, quality: Number(q ?? 1), stripsNulls: params.includes("nulls=stripped") };
  }).sort((a, b) => b.quality - a.quality);
  for (const { type, stripsNulls } of wanted) {
    const strip = stripsNulls ? ";nulls=stripped" : "";
    switch (type) {
      case "":
      case "*/*":
      case "application/*":
      case "application/json":
        return { format: "array", stripsNulls: false, contentType: PLAIN };
      case ARRAY:
        return {
          format: "array",
          stripsNulls,
          contentType: stripsNulls ? `${ARRAY}${strip}; charset=utf-8` : PLAIN,
        };
      case OBJECT:
      case "application/vnd.pgrst.object":
        return { format: "object", stripsNulls, contentType: `${OBJECT}${strip}; charset=utf-8` };
      case "text/csv":
        return { format: "csv", stripsNulls: false, contentType: "text/csv; charset=utf-8" };
    }
  }
  const types = wanted.map(({ type }) => type).join(", ");
  throw new RestError(406, "PGRST107", `None of these media types are available: ${types}`);
}
