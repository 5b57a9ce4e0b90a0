/** What a member says of itself, with the reference that tells two of one key apart. */
type Meta = { readonly phx_ref: string } & Readonly<Record<string, unknown>>;

/** Presences by key, as Phoenix's client reads them. */
export type PresenceState = Readonly<Record<string, { readonly metas: readonly Meta[] }>>;

export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

interface Tracked {
  readonly key: string;
  readonly meta: Meta;
}

/** Who is present in a topic. */
export class Presence {
  readonly #tracked = new Map<object, Tracked>();

  constructor(private readonly onDiff: (diff: PresenceDiff) => void) {}

  /** Notes a member, or what it now says of itself. */
  track(member: object, key: string, payload: Readonly<Record<string, unknown>>): void {
    const before = this.#tracked.get(member);
    const meta: Meta = {
      ...payload,
      phx_ref: crypto.randomUUID(),
      ...before === undefined ? {} : { phx_ref_prev: before.meta.phx_ref },
    };
    this.#tracked.set(member, { key, meta });
    this.onDiff({
      joins: { [key]: { metas: [meta] } },
      leaves: before === undefined ? {} : { [before.key]: { metas: [before.meta] } },
    });
  }

  untrack(member: object): void {
    const before = this.#tracked.get(member);
    if (!this.#tracked.delete(member) || before === undefined) return;
    this.onDiff({ joins: {}, leaves: { [before.key]: { metas: [before.meta] } } });
  }

  state(): PresenceState {
    const byKey = Map.groupBy(this.#tracked.values(), ({ key }) => key);
    return Object.fromEntries(
      Array.from(byKey, ([key, all]) => [key, { metas: all.map(({ meta }) => meta) }]),
    );
  }
}
