import type { Priority } from "../../supabase/functions/_shared/benchmark/configuration.ts";
import {
  type Criteria,
  criteriaOf,
} from "../../supabase/functions/_shared/report/recommend_model.ts";

/** Order of priorities, with the criteria that follow from it. */
export interface Order {
  readonly label: string;
  readonly criteria: Criteria;
}

/** Returns an order with accuracy in first, one in second and one in third place. */
export function listOrders(
  labelOf: (priorities: readonly Priority[]) => string,
): readonly [Order, Order, Order] {
  const orderOf = (...priorities: Priority[]): Order => ({
    label: labelOf(priorities),
    criteria: criteriaOf({ priorities }),
  });
  return [
    orderOf("accuracy", "cost", "speed"),
    orderOf("cost", "accuracy", "speed"),
    orderOf("speed", "cost", "accuracy"),
  ];
}
