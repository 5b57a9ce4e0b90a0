/**
 * Types of the report's JSON, for the page's scripts: those of the function `report`, as its response
 * has them.
 */
import type { JsonValue } from "../../../supabase/functions/_shared/platform/json/json_value.ts";
import type { FieldError } from "../../../supabase/functions/_shared/compare/output_score.ts";
import type {
  ReportModel,
  Standing,
} from "../../../supabase/functions/_shared/report/model_summary.ts";
import type {
  NamedPick,
  ReportSummary,
} from "../../../supabase/functions/_shared/report/report_summary.ts";
import type { ReportComparison } from "../../../supabase/functions/_shared/report/report_comparison.ts";
import type {
  DraftAgain,
  RelatedReport,
  ReportProgress,
  ReportView,
  ViewedRun,
} from "../../../supabase/functions/_shared/report/report_view.ts";

declare global {
  interface JSON {
    /** Returns an object that `JSON.stringify` writes as `text` (ECMAScript 2026). */
    rawJSON(text: string): object;
  }
}

export type {
  DraftAgain,
  FieldError,
  JsonValue,
  NamedPick as Pick,
  RelatedReport,
  ReportComparison as Comparison,
  ReportModel as Model,
  ReportProgress as Progress,
  ReportSummary as Summary,
  Standing,
  ViewedRun as Run,
};

/** Report in JSON, which always holds the runs. */
export type ReportData = ReportView & { runs: ViewedRun[] };
export type Report = ReportView["report"];

/** A report that has a summary. */
export type ShownReport = ReportData & { report: Report & { summary: ReportSummary } };
