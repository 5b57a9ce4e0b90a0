/**
 * Maps with at most `limit` calls under way, in the order of the items. After the first failure no
 * further call starts, and the promise rejects with it once those under way have ended.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const rest = items.entries();
  let failed = false;
  const lane = async () => {
    for (const [index, item] of rest) {
      if (failed) return;
      try {
        results[index] = await map(item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  for (const settled of lanes) {
    if (settled.status === "rejected") throw settled.reason;
  }
  return results;
}
