/** One labelled paragraph of the box in an e-mail. */
export interface Remark {
  readonly label: string;
  readonly text: string;
}

/** Texts of an e-mail. The HTML part and the plain text part show them in this order. */
export interface EmailContent {
  /** Subject and heading. */
  readonly heading: string;
  /** What lists of e-mails show beside the subject. */
  readonly preview: string;
  readonly summary: string;
  /** Label of the box. */
  readonly label: string;
  /** The box's content in a few words. */
  readonly result: string;
  readonly reason: string;
  readonly figures: readonly (readonly [name: string, value: string])[];
  readonly remarks: readonly Remark[];
  /** Null for e-mails without a page to open. */
  readonly button: { readonly label: string; readonly url: string } | null;
  /** Why the e-mail was sent. */
  readonly footer: string;
}

/** Footer of e-mails to the customer of a report. */
export const CUSTOMER_FOOTER =
  "You received this e-mail because you ordered this benchmark from ModelPick with this address. " +
  "The button opens your own link: whoever has it sees everything and can share the report.";
