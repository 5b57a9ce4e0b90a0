import type { SnapshotModel } from "../benchmark/snapshot.ts";
import type { ModelEnding } from "./report_summary.ts";

/** Lists the models of an order that are retired soon, the earliest first, with a sentence each. */
export function listEndings(
  models: readonly Pick<SnapshotModel, "id" | "name" | "retires_at" | "successor">[],
): ModelEnding[] {
  return models.flatMap(({ id, name, retires_at, successor }) => {
    if (retires_at === undefined) return [];
    const next = successor === undefined ? "" : ` ${successor} follows it.`;
    return [{
      modelId: id,
      retiresAt: retires_at,
      successor: successor ?? null,
      text: `${name} ends on ${retires_at}.${next}`,
    }];
  }).sort((a, b) => a.retiresAt < b.retiresAt ? -1 : a.retiresAt > b.retiresAt ? 1 : 0);
}
