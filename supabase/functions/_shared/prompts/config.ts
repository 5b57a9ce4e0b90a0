/** How large a run may be. */
export const PROMPT_RUN_LIMITS = {
  models: 12,
  repeats: 20,
  cells: 100_000,
} as const;
