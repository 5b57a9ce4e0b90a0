/** Reasons for which the gate refuses a statement. */
export type RefusalCode =
  | "chat.unavailable"
  | "chat.too_long"
  | "chat.bad_character"
  | "chat.syntax_error"
  | "chat.not_one_statement"
  | "chat.not_a_select"
  | "chat.form_refused"
  | "chat.function_refused"
  | "chat.operator_refused"
  | "chat.type_refused"
  | "chat.unknown_relation"
  | "chat.unknown_column"
  | "chat.whole_row"
  | "chat.too_large";

/** Error thrown when a statement breaks a rule. The message is one English sentence for the model. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(readonly code: RefusalCode, reason: string) {
    super(reason);
  }
}

/** Quotes a name for a reason: shortened, and without characters that could end the quotation. */
export function quoteName(name: string): string {
  const plain = name.replaceAll('"', "'").replace(/[^\p{L}\p{N}_ .,;:'()*+\-/<>=~!@#%^&|?]/gu, "?");
  return `"${plain.length > 63 ? `${plain.slice(0, 60)}...` : plain}"`;
}
