/** Path of a leaf as a linked list towards the root, which costs nothing until it is written. */
export interface LeafPath {
  readonly parent: LeafPath | null;
  readonly step: string | number;
}

/** Writes a path: `total`, `items[0].price`, `["unit price"].net`; the root is `$`. */
export function writePath(path: LeafPath | null): string {
  const steps: string[] = [];
  for (let at = path; at !== null; at = at.parent) steps.push(writeStep(at));
  return steps.length === 0 ? "$" : steps.reverse().join("");
}

function writeStep({ parent, step }: LeafPath): string {
  if (typeof step === "number") return `[${step}]`;
  // A field that is named like the root is quoted.
  const isRootsName = parent === null && step === "$";
  if (isRootsName || !/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) return `[${JSON.stringify(step)}]`;
  return parent === null ? step : `.${step}`;
}
