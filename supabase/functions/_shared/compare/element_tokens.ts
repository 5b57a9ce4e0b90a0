import { isJsonObject, type JsonValue } from "../platform/json/json_value.ts";
import type { FieldRule, FieldRules } from "./field_rules.ts";
import type { LeafKeys } from "./leaf_keys.ts";
import { isEmpty } from "./same_value.ts";

/**
 * One element of an array as small integers that stand for the values in its fields. Each occurs at
 * most once: if inner arrays repeat a value, every repetition has a token of its own.
 */
export interface ElementTokens {
  /** One for each leaf, equal if fields are spelled the same. Sorted. */
  readonly exact: readonly number[];
  /** One for each leaf that is not empty, equal if values can count as equal. */
  readonly folded: readonly number[];
  /** One for each field without a value. */
  readonly blank: readonly number[];
  /** Shared by leaves that are near each other rather than equal. */
  readonly near: readonly number[];
  /** Number of leaves that are not empty but have no `folded` token, at most `near` ones. */
  readonly graded: number;
}

/**
 * Turns the elements of two arrays into tokens, in time linear in the number of leaves.
 *
 * A token stands for a field and for values that can be alike. Elements of inner arrays share one
 * field, whatever their place. Exceptions are tuples and tables, whose rows are arrays of scalars of
 * the same length. An absent field counts as blank.
 */
export function readTokens(
  sides: readonly [readonly JsonValue[], readonly JsonValue[]],
  rules: FieldRules,
  keysOf: KeysOf,
): [ElementTokens[], ElementTokens[]] {
  const reader = new TokenReader(keysOf, areTables(sides));
  const drafts = sides.map((side) => side.map((element) => reader.read(element, rules)));
  const [expected = [], actual = []] = drafts.map((side) => side.map((draft) => reader.end(draft)));
  return [expected, actual];
}

/** Reads the keys of a leaf that is not empty. */
type KeysOf = (leaf: JsonValue, rule: FieldRule) => LeafKeys;

/** A field's place in the elements. */
interface Field {
  readonly id: number;
  readonly children: Map<string | number, Field>;
  /** Tokens of the values read so far, by type and spelling. */
  readonly known: Map<string, Leaf>;
  /** True if an element has the field at most once: it is in no array but a tuple or table row. */
  readonly isSingle: boolean;
  /** Token of an element without a value here; -1 if no element has a leaf here. */
  blank: number;
}

interface Leaf {
  readonly exact: number;
  readonly folded: number;
  readonly near: readonly number[];
}

interface Draft {
  readonly exact: number[];
  readonly folded: number[];
  readonly near: number[];
  /** Fields that are not empty. */
  readonly fields: Set<Field>;
  graded: number;
}

class TokenReader {
  readonly #keysOf: KeysOf;
  readonly #areCellsPlaced: boolean;
  readonly #single: Field[] = [];
  readonly #tokens = new Map<string, number>();
  readonly #root: Field;
  #fields = 0;
  #count = 0;

  constructor(keysOf: KeysOf, areCellsPlaced: boolean) {
    this.#keysOf = keysOf;
    this.#areCellsPlaced = areCellsPlaced;
    this.#root = this.#newField(true);
  }

  read(element: JsonValue, rules: FieldRules): Draft {
    const draft: Draft = { exact: [], folded: [], near: [], fields: new Set(), graded: 0 };
    this.#walk(element, rules, this.#root, draft);
    return draft;
  }

  /** Returns the tokens of an element. All elements must be read first, so that all fields are known. */
  end({ exact, folded, near, fields, graded }: Draft): ElementTokens {
    const blank: number[] = [];
    for (const field of this.#single) {
      if (field.blank >= 0 && !fields.has(field)) blank.push(field.blank);
    }
    return {
      exact: this.#tellApart(exact),
      folded: this.#tellApart(folded),
      blank,
      near: this.#tellApart(near),
      graded,
    };
  }

  #tellApart(tokens: number[]): number[] {
    tokens.sort((one, other) => one - other);
    let repeated = 0;
    return tokens.map((token, index) => {
      repeated = token === tokens[index - 1] ? repeated + 1 : 0;
      return repeated === 0 ? token : this.#tokenOf(`again ${token} ${repeated}`);
    });
  }

  #walk(value: JsonValue, rules: FieldRules, field: Field, draft: Draft): void {
    if (rules.rule.ignore === true) return;
    if (Array.isArray(value) && value.length > 0) {
      const isRow = rules.isTuple || (this.#areCellsPlaced && field === this.#root);
      for (const [index, element] of value.entries()) {
        const child = this.#child(field, isRow ? index : -1, isRow);
        this.#walk(element, rules.element(index), child, draft);
      }
    } else if (isJsonObject(value) && Object.keys(value).length > 0) {
      for (const [key, child] of Object.entries(value)) {
        this.#walk(child, rules.property(key), this.#child(field, key, true), draft);
      }
    } else {
      this.#addLeaf(value, rules.rule, field, draft);
    }
  }

  #addLeaf(value: JsonValue, rule: FieldRule, field: Field, draft: Draft): void {
    const text = `${typeof value}${typeof value === "object" ? JSON.stringify(value) : value}`;
    const isBlank = isEmpty(value);
    let leaf = field.known.get(text);
    if (leaf === undefined) {
      leaf = isBlank
        ? { exact: this.#newToken(), folded: -1, near: [] }
        : this.#readLeaf(value, rule, field);
      field.known.set(text, leaf);
    }
    draft.exact.push(leaf.exact);
    if (field.blank < 0 && field.isSingle) field.blank = this.#newToken();
    if (isBlank) return;
    if (leaf.folded >= 0) draft.folded.push(leaf.folded);
    else draft.graded++;
    draft.near.push(...leaf.near);
    if (field.isSingle) draft.fields.add(field);
  }

  #readLeaf(value: JsonValue, rule: FieldRule, field: Field): Leaf {
    const { equal, near } = this.#keysOf(value, rule);
    const tokenOf = (key: string) => this.#tokenOf(`${field.id} ${key}`);
    return {
      exact: this.#newToken(),
      folded: equal === null ? -1 : tokenOf(equal),
      near: near.map(tokenOf),
    };
  }

  #tokenOf(key: string): number {
    let token = this.#tokens.get(key);
    if (token === undefined) {
      token = this.#newToken();
      this.#tokens.set(key, token);
    }
    return token;
  }

  #newToken(): number {
    return this.#count++;
  }

  #child(parent: Field, step: string | number, isPlaced: boolean): Field {
    let field = parent.children.get(step);
    if (field === undefined) {
      field = this.#newField(parent.isSingle && isPlaced);
      parent.children.set(step, field);
    }
    return field;
  }

  #newField(isSingle: boolean): Field {
    const field: Field = {
      id: this.#fields++,
      children: new Map(),
      known: new Map(),
      isSingle,
      blank: -1,
    };
    if (isSingle) this.#single.push(field);
    return field;
  }
}

/** Tells whether all elements are arrays of scalars, all of the same length. */
function areTables(sides: readonly (readonly JsonValue[])[]): boolean {
  let cells = -1;
  return sides.every((side) =>
    side.every((row) => {
      if (!Array.isArray(row)) return false;
      if (cells < 0) cells = row.length;
      return row.length === cells && row.every((cell) => typeof cell !== "object" || cell === null);
    })
  );
}
