/** Description of a table, sent before its first change and after it was altered. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly RelationColumn[];
}

export interface RelationColumn {
  readonly name: string;
  /** `true` if the column is part of the replica identity. */
  readonly isKey: boolean;
}

/**
 * Column values of a row in Postgres' text format, in the relation's order. `undefined` is a large
 * value that did not change and was not sent.
 */
export type Tuple = readonly (string | null | undefined)[];

/** Returns the column values that were sent, by name. */
export function valuesByName({ columns }: Relation, tuple: Tuple): Map<string, string | null> {
  return new Map(columns.flatMap(({ name }, index): [string, string | null][] => {
    const value = tuple[index];
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Returns the values of the replica identity, by name. In an old row all other columns are null. */
export function identityByName(relation: Relation, tuple: Tuple): Map<string, string | null> {
  const values = valuesByName(relation, tuple);
  for (const { name, isKey } of relation.columns) if (!isKey) values.delete(name);
  return values;
}

/** Message of the logical replication protocol, version 1. */
export type ReplicationMessage =
  | { readonly kind: "begin"; readonly committedAt: Date }
  | { readonly kind: "commit" }
  | { readonly kind: "relation"; readonly relation: Relation }
  | { readonly kind: "insert"; readonly relationOid: number; readonly row: Tuple }
  | {
    readonly kind: "update";
    readonly relationOid: number;
    /** Present only if the identity changed or is the whole row. */
    readonly old: Tuple | undefined;
    readonly row: Tuple;
  }
  | { readonly kind: "delete"; readonly relationOid: number; readonly old: Tuple }
  | { readonly kind: "other" };

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** Decodes one message of the output plugin `pgoutput`. */
export function decodeMessage(bytes: Uint8Array): ReplicationMessage {
  const reader = new Reader(bytes);
  switch (reader.character()) {
    case "B": {
      reader.skip(8);
      const committedAt = new Date(POSTGRES_EPOCH_MS + Number(reader.int64() / 1000n));
      return { kind: "begin", committedAt };
    }
    case "C":
      return { kind: "commit" };
    case "R":
      return { kind: "relation", relation: readRelation(reader) };
    case "I": {
      const relationOid = reader.uint32();
      reader.skip(1);
      return { kind: "insert", relationOid, row: readTuple(reader) };
    }
    case "U": {
      const relationOid = reader.uint32();
      let old: Tuple | undefined;
      if (reader.character() !== "N") {
        old = readTuple(reader);
        reader.skip(1);
      }
      return { kind: "update", relationOid, old, row: readTuple(reader) };
    }
    case "D": {
      const relationOid = reader.uint32();
      reader.skip(1);
      return { kind: "delete", relationOid, old: readTuple(reader) };
    }
    default:
      return { kind: "other" };
  }
}

function readRelation(reader: Reader): Relation {
  const oid = reader.uint32();
  const schema = reader.text() || "pg_catalog";
  const table = reader.text();
  reader.skip(1);
  const columns = Array.from({ length: reader.uint16() }, () => {
    const isKey = (reader.uint8() & 1) === 1;
    const name = reader.text();
    reader.skip(8);
    return { name, isKey };
  });
  return { oid, schema, table, columns };
}

function readTuple(reader: Reader): Tuple {
  return Array.from({ length: reader.uint16() }, () => {
    switch (reader.character()) {
      case "n":
        return null;
      case "u":
        return undefined;
      default:
        return reader.sized();
    }
  });
}

const decoder = new TextDecoder();

class Reader {
  #offset = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(length: number): void {
    this.#offset += length;
  }

  uint8(): number {
    return this.#view.getUint8(this.#offset++);
  }

  character(): string {
    return String.fromCharCode(this.uint8());
  }

  uint16(): number {
    this.#offset += 2;
    return this.#view.getUint16(this.#offset - 2);
  }

  uint32(): number {
    this.#offset += 4;
    return this.#view.getUint32(this.#offset - 4);
  }

  int64(): bigint {
    this.#offset += 8;
    return this.#view.getBigInt64(this.#offset - 8);
  }

  /** Reads text that ends with a zero byte. */
  text(): string {
    const end = this.bytes.indexOf(0, this.#offset);
    const text = decoder.decode(this.bytes.subarray(this.#offset, end));
    this.#offset = end + 1;
    return text;
  }

  /** Reads text that is preceded by its length. */
  sized(): string {
    const length = this.uint32();
    this.#offset += length;
    return decoder.decode(this.bytes.subarray(this.#offset - length, this.#offset));
  }
}
