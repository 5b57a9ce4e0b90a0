/** A question with a statement that answers it well: an example for the model, or a suggestion. */
export interface Shot {
  readonly question: string;
  readonly sql: string;
  /** How the statement answers it. */
  readonly reason: string;
  /** The relations that it reads. */
  readonly relations: readonly string[];
}
