/** What to write instead, by the reason for which the gate refuses a statement. */
const HINTS = {
  "chat.unavailable": "Ask the same in a plainer way.",
  "chat.too_long": "Ask for fewer things at once.",
  "chat.bad_character": "Write letters, digits and punctuation only.",
  "chat.syntax_error": "Write one SELECT statement of PostgreSQL 17.",
  "chat.not_one_statement": "Put everything into one SELECT, with WITH where steps are needed.",
  "chat.not_a_select": "Only read: begin with SELECT or WITH.",
  "chat.form_refused": "Write the same with joins, subqueries, WITH and plain expressions.",
  "chat.function_refused":
    "Use functions of PostgreSQL that compute from their arguments: aggregates, windows, text, dates and JSON.",
  "chat.operator_refused": "Use operators of PostgreSQL for numbers, texts, arrays and jsonb.",
  "chat.type_refused":
    "Cast to integer, bigint, numeric, double precision, text, boolean, date, timestamptz, interval, uuid or jsonb.",
  "chat.unknown_relation": "Read the relations that were described, and CTEs of the statement.",
  "chat.unknown_column": "Use the columns that were described, or what a subquery names with AS.",
  "chat.whole_row":
    "Name the columns, select t.*, or write to_jsonb(t), jsonb_agg(t), count(t), t is null or t::text.",
  "chat.too_large": "Ask for less: filter and aggregate first.",
} as const;

/** Reasons for which the gate refuses a statement. */
export type RefusalCode = keyof typeof HINTS;

/** One fault of a statement, in words for the model that wrote it and the user who asked. */
export interface Fault {
  readonly code: RefusalCode;
  /** One sentence: what is wrong. */
  readonly reason: string;
  /** One sentence: what to write instead. */
  readonly hint: string;
}

/** Error thrown when a part of a statement breaks a rule. The message is the fault's reason. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly fault: Fault;

  /** @param hint what to write instead; by default what applies to every fault of this code */
  constructor(code: RefusalCode, reason: string, hint: string = HINTS[code]) {
    super(reason);
    this.fault = { code, reason, hint };
  }
}

/** Returns the refusal of a form that has no words of its own. */
export function refuseForm(): Refusal {
  return new Refusal("chat.form_refused", UNNAMED_FORM);
}

const UNNAMED_FORM = "This form of SQL is not allowed.";

/** Most faults that a refusal names. Whoever mends these mends most others with them. */
const MAX_FAULTS = 8;

/** Faults of one statement in the order in which they were found, each once. */
export class Faults {
  readonly #faults: Fault[] = [];

  get list(): readonly Fault[] {
    return this.#faults;
  }

  add({ fault: { code, reason, hint } }: Refusal): void {
    const isKnown = this.#faults.some((known) => known.code === code && known.reason === reason);
    // An unnamed form is what is left of a named one that was refused already.
    const isRest = reason === UNNAMED_FORM && this.#faults.length > 0;
    if (isKnown || isRest || this.#faults.length === MAX_FAULTS) return;
    this.#faults.push({ code, reason, hint });
  }

  /** Runs one check. If it throws a {@link Refusal}, adds the fault, so that other checks still run. */
  collect<Result>(check: () => Result): Result | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.add(error);
      return undefined;
    }
  }
}

/** Quotes a name for a reason: shortened, and without characters that could end the quotation. */
export function quoteName(name: string): string {
  const plain = name.replaceAll('"', "'").replace(/[^\p{L}\p{N}_ .,;:'()*+\-/<>=~!@#%^&|?]/gu, "?");
  return `"${plain.length > 63 ? `${plain.slice(0, 60)}...` : plain}"`;
}
