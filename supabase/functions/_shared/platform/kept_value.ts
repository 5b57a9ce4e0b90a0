/** Value that is made again from time to time. */
export interface KeptValue<Value> {
  /** Returns the value. The first call, and a call that finds it too old, waits until it is made. */
  get(): Promise<Value>;
}

/** Ages of a {@link keepValue}, in milliseconds. */
export interface KeepOptions {
  /** Milliseconds after which the value is made again behind whoever asks. */
  readonly freshMs: number;
  /** Milliseconds after which nobody gets it any more. */
  readonly usableMs: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/** Keeps what `make` makes; a failure to make it again leaves the old value in use while it lasts. */
export function keepValue<Value>(
  make: () => Promise<Value>,
  { freshMs, usableMs, now }: KeepOptions,
): KeptValue<Value> {
  let kept: { readonly value: Value; readonly madeAt: number } | undefined;
  let underWay: Promise<Value> | undefined;
  const renew = (): Promise<Value> => {
    underWay ??= make().then((value) => {
      kept = { value, madeAt: now() };
      return value;
    }).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  return {
    async get() {
      const age = kept === undefined ? Infinity : now() - kept.madeAt;
      if (kept === undefined || age >= usableMs) return await renew();
      // Whoever waits for the value later hears of the failure.
      if (age >= freshMs) renew().catch(() => {});
      return kept.value;
    },
  };
}
