/** One column of a relation of schema `chat`, as the database's own catalog describes it. */
export interface ChatColumn {
  name: string;
  /** The SQL type, as `format_type` writes it. */
  type: string;
  comment: string | null;
}

/** One relation of schema `chat`. The name is bare: the schema is always `chat`. */
export interface ChatRelation {
  name: string;
  comment: string | null;
  columns: ChatColumn[];
}

/** All that may be asked: what a statement may name, and what the model is told of. */
export interface ChatSchema {
  relations: ChatRelation[];
}
