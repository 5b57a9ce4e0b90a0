/** Gate that lets callers in while their weights together stay within a limit. */
export interface WeightedGate {
  /**
   * Waits for its turn, in the order of the calls. Returns a function that lets the next one in; a
   * second call of it does nothing.
   */
  enter(weight: number): Promise<() => void>;
}

/** Creates a gate. A caller that is heavier than the limit is let in alone. */
export function createWeightedGate(limit: number): WeightedGate {
  const waiting: { readonly weight: number; readonly admit: () => void }[] = [];
  let inside = 0;
  const admitNext = () => {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      if (inside > 0 && inside + next.weight > limit) return;
      waiting.shift();
      inside += next.weight;
      next.admit();
    }
  };
  return {
    enter(weight) {
      const { promise, resolve } = Promise.withResolvers<() => void>();
      let isInside = true;
      const leave = () => {
        if (!isInside) return;
        isInside = false;
        inside -= weight;
        admitNext();
      };
      waiting.push({ weight, admit: () => resolve(leave) });
      admitNext();
      return promise;
    },
  };
}
