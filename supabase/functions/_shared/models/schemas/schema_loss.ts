/** Part of a schema that a provider does not enforce. */
export interface SchemaLoss {
  /** Place in the schema, such as `json_schema.properties.url.format`. */
  readonly path: string;
  readonly keyword: string;
  /** Limitation of the provider as a sentence without subject and full stop: `enforces no …`. */
  readonly reason: string;
}

/** The schema cannot be enforced without changing which answers are right. */
export class Unenforceable extends Error {
  constructor(readonly loss: SchemaLoss) {
    super(loss.reason);
  }
}

/** Place in a schema, from `json_schema` on. */
export type Path = readonly string[];

/** Returns the loss at a place. Its keyword is the last part of the place, unless one is given. */
export function lossAt(path: Path, reason: string, keyword = path.at(-1) ?? ""): SchemaLoss {
  return { path: path.join("."), keyword, reason };
}

/** @throws {Unenforceable} always: no schema is sent. */
export function block(path: Path, reason: string, keyword?: string): never {
  throw new Unenforceable(lossAt(path, reason, keyword));
}
