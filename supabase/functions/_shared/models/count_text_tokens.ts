/** Predicts the tokens of a text: four characters each, the vendors' rule of thumb for English. */
export function predictTextTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/**
 * Returns the most tokens that a text can have: one per byte, since byte-pair encoding starts from
 * bytes.
 */
export function boundTextTokens(text: string): number {
  return new TextEncoder().encode(text).length;
}
