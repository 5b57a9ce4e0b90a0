import { PSM } from "tesseract.js";

/** Settings of one reading of a page: page segmentation and deskewing. */
export interface ReadingPass {
  /** Tesseract's page segmentation mode. */
  mode: PSM;
  deskew: boolean;
}

/** Way of reading a page with Tesseract, offered as a model. */
export interface TesseractModel {
  id: string;
  /**
   * Neural network, or the older matching of letter shapes. (The two data files of
   * `@tesseract.js-data/eng` hold networks with identical results, so they are not two models.)
   */
  engine: "lstm" | "legacy";
  /** Readings of the page, which vote on each field. In a tie the earlier one wins. */
  passes: ReadingPass[];
}

/**
 * PaddleOCR's networks PP-OCRv4 (Apache-2.0): one finds the lines of text, one reads them. Their
 * alphabet has no € and no £.
 */
export interface PaddleModel {
  id: string;
  engine: "paddle";
}

/** Model that the service offers under one name. */
export type OcrModel = TesseractModel | PaddleModel;

/**
 * Models that the service offers. On the twelve documents of `examples/receipts` (2 cores): fast
 * finds 82 % of the fields at 0.4 s of CPU time an image, sparse 90 % at 0.4 s, best 96 % at 0.7 s,
 * legacy 66 % at 1 s, PaddleOCR 92 % at 1.1 s. A third pass for best found nothing more.
 */
export const ocrModels: readonly OcrModel[] = [
  { id: "local/tesseract-fast", engine: "lstm", passes: [{ mode: PSM.AUTO, deskew: false }] },
  {
    id: "local/tesseract-sparse",
    engine: "lstm",
    passes: [{ mode: PSM.SPARSE_TEXT, deskew: false }],
  },
  {
    id: "local/tesseract-best",
    engine: "lstm",
    passes: [{ mode: PSM.SINGLE_BLOCK, deskew: true }, { mode: PSM.SPARSE_TEXT, deskew: false }],
  },
  {
    id: "local/tesseract-legacy",
    engine: "legacy",
    passes: [{ mode: PSM.SINGLE_BLOCK, deskew: true }],
  },
  { id: "local/paddleocr", engine: "paddle" },
];

/** Finds a model by its name, with or without the `local/` in front. */
export function findModel(name: string): OcrModel | null {
  return ocrModels.find((model) => model.id === name || model.id === `local/${name}`) ?? null;
}
