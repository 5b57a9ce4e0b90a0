import type { JunitCase } from "./junit_cases.ts";
import type { ParsedResult } from "./report_model.ts";
import type { Amendment } from "./report_reader.ts";

const SEPARATOR = 0x1f;
const STEP = " > ";
const FIRST_ORDINALS = 4_096;

/** Names of suites and class of a test. */
type Place = Pick<JunitCase, "suites" | "attributes">;

/**
 * Hashes the names around a test. Names are compared by 32-bit hashes first: a set of all names of a
 * report of 20 MB takes 25 MB and a fifth of its CPU time.
 */
export class PlaceHasher {
  #suites: readonly string[] | null = null;
  #hash = 0;

  hash({ suites, attributes }: Place): number {
    if (suites !== this.#suites) {
      this.#suites = suites;
      this.#hash = suites.reduce((hash, suite) => step(hashOn(hash, suite), SEPARATOR), 0);
    }
    return step(hashOn(this.#hash, attributes.classname ?? ""), SEPARATOR);
  }
}

/** Continues a hash with a text. */
export function hashOn(hash: number, text: string): number {
  let value = hash;
  for (let at = 0; at < text.length; at++) value = step(value, text.charCodeAt(at));
  return value;
}

/** A step of FNV-1a. */
function step(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Set of full names of tests. */
export class TestNames {
  readonly #hashes = new Set<number>();
  readonly #names = new Set<string>();

  add(test: Place, hash: number): void {
    this.#hashes.add(hash);
    this.#names.add(fullName(test));
  }

  has(test: Place, hash: number): boolean {
    return this.#hashes.has(hash) && this.#names.has(fullName(test));
  }

  delete(test: Place, hash: number): void {
    if (this.#hashes.has(hash)) this.#names.delete(fullName(test));
  }
}

function fullName({ suites, attributes }: Place): string {
  return [...suites, attributes.classname ?? "", attributes.name ?? ""].join("\x1f");
}

/**
 * Finds the tests that have steps. Deno lists steps beside them as `test > step`, before or after. So
 * hashes of all names are kept, and what is found amends results that were passed on before.
 */
export class StepFinder {
  readonly amendments: Amendment[] = [];
  /** Hash of each test by its ordinal; 0 where steps would change nothing. */
  #hashes = new Int32Array(FIRST_ORDINALS);
  /** Ordinals by hash, from the first step on. */
  #ordinals: Map<number, number | number[]> | null = null;
  /** Full names of tests with steps, without suites, by hash. */
  readonly #parents = new Map<number, Set<string>>();
  /** Fields that our export wrote for a test. They hold with and without steps. */
  readonly #own = new Map<number, Partial<ParsedResult>>();

  /**
   * Looks at a test.
   *
   * @param place hash of its place.
   * @param ordinal null if steps change nothing about its result.
   */
  see(
    { suites, attributes }: Place,
    place: number,
    ordinal: number | null,
    own: Partial<ParsedResult> | null,
  ): void {
    const { name = "", classname = "" } = attributes;
    const hash = hashOn(place, name);
    for (let at = name.lastIndexOf(STEP); at > 0; at = name.lastIndexOf(STEP, at - 1)) {
      this.#addParent(name.slice(0, at), classname, attributes.classname ?? suites.at(-1), place);
    }
    if (ordinal === null) return;
    if (own !== null) this.#own.set(ordinal, own);
    this.#keep(ordinal, hash);
    if (this.#parents.get(hash)?.has(parentKey(name, classname)) === true) {
      this.#amend(ordinal, name, attributes.classname ?? suites.at(-1));
    }
  }

  #addParent(name: string, classname: string, class_name: string | undefined, place: number): void {
    const hash = hashOn(place, name);
    const key = parentKey(name, classname);
    const known = this.#parents.get(hash);
    if (known?.has(key)) return;
    if (known === undefined) this.#parents.set(hash, new Set([key]));
    else known.add(key);
    this.#ordinals ??= this.#index();
    const found = this.#ordinals.get(hash) ?? [];
    for (const ordinal of typeof found === "number" ? [found] : found) {
      this.#amend(ordinal, name, class_name);
    }
  }

  #keep(ordinal: number, hash: number): void {
    if (this.#ordinals !== null) return addTo(this.#ordinals, hash, ordinal);
    if (ordinal >= this.#hashes.length) {
      const larger = new Int32Array(Math.max(2 * this.#hashes.length, ordinal + 1));
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[ordinal] = hash;
  }

  #index(): Map<number, number | number[]> {
    const ordinals = new Map<number, number | number[]>();
    for (const [ordinal, hash] of this.#hashes.entries()) {
      if (hash !== 0) addTo(ordinals, hash, ordinal);
    }
    this.#hashes = new Int32Array();
    return ordinals;
  }

  #amend(ordinal: number, name: string, class_name = ""): void {
    // A default stands only for a field that our export did not write: it also writes null.
    const {
      tool_name = name.trim(),
      class_name: ownClass = class_name,
      execution_status = "steps",
      is_counted = false,
    } = this.#own.get(ordinal) ?? {};
    this.amendments.push({
      ordinal,
      tool_name,
      class_name: ownClass,
      execution_status,
      is_counted,
    });
  }
}

function addTo(ordinals: Map<number, number | number[]>, hash: number, ordinal: number): void {
  const known = ordinals.get(hash);
  // One number instead of a list keeps a large report's map small.
  if (known === undefined) ordinals.set(hash, ordinal);
  else if (typeof known === "number") ordinals.set(hash, [known, ordinal]);
  else known.push(ordinal);
}

function parentKey(name: string, classname: string): string {
  return `${classname}\x1f${name}`;
}
