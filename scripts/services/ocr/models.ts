/** One look at the page: how the engine cuts it up, and whether it is turned straight first. */
export interface ReadingPass {
  /** Tesseract's page segmentation mode. */
  mode: "3" | "4" | "6" | "11";
  deskew: boolean;
}

/** A way of reading a page that is offered as a model of its own. */
export interface OcrModel {
  id: string;
  /**
   * The neural network or the older matching of letter shapes. (The two data files of
   * `@tesseract.js-data/eng` hold networks that read alike to the letter, so they make no two models.)
   */
  engine: "lstm" | "legacy";
  /** Several passes vote on each field; of equal votes the earlier pass's counts. */
  passes: ReadingPass[];
}

/**
 * What is offered. On the twelve documents of `examples/receipts` (2 cores): fast finds 82 % of the
 * fields at 0.4 s an image, sparse 90 % at 0.4 s, best 96 % at 0.9 s, legacy 63 % at 1.2 s.
 * A third pass for best found nothing more.
 */
export const ocrModels: readonly OcrModel[] = [
  { id: "local/tesseract-fast", engine: "lstm", passes: [{ mode: "3", deskew: false }] },
  { id: "local/tesseract-sparse", engine: "lstm", passes: [{ mode: "11", deskew: false }] },
  {
    id: "local/tesseract-best",
    engine: "lstm",
    passes: [
      { mode: "6", deskew: true },
      { mode: "11", deskew: false },
    ],
  },
  { id: "local/tesseract-legacy", engine: "legacy", passes: [{ mode: "6", deskew: true }] },
];

/** Finds a model by its name, with or without the `local/` in front. */
export function findModel(name: string): OcrModel | null {
  return ocrModels.find((model) => model.id === name || model.id === `local/${name}`) ?? null;
}
