/** Cache of values that are made on first use. */
export interface BoundedCache<Value> {
  /** Returns the value, made now or earlier. A failure to make it is not kept. */
  get(key: string): Promise<Value>;
}

/** Creates a cache that keeps the `size` most recently used values. */
export function createBoundedCache<Value>(
  size: number,
  make: (key: string) => Promise<Value>,
): BoundedCache<Value> {
  // A Map keeps the order of insertion: what is used moves to the end, and the front is dropped.
  const entries = new Map<string, Promise<Value>>();
  return {
    get(key) {
      const value = entries.get(key) ?? make(key);
      entries.delete(key);
      entries.set(key, value);
      value.catch(() => {
        if (entries.get(key) === value) entries.delete(key);
      });
      const [oldest] = entries.keys();
      if (entries.size > size && oldest !== undefined) entries.delete(oldest);
      return value;
    },
  };
}
