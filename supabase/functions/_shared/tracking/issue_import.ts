import { z } from "zod";

const text = z.string().max(20_000).optional();

/** Pattern of an issue code, such as `CHECKOUT-HIGH-001`: suite or phase, priority, number. */
export const ISSUE_CODE = /[A-Z0-9]+(?:-[A-Z0-9]+)*-(CRITICAL|HIGH|MEDIUM|LOW)-\d{3,}/;

/** An issue of a checklist. */
export const importedIssueSchema = z.strictObject({
  /** Identifies the issue: importing the same code again updates it. */
  issue_code: z.string().max(100).regex(new RegExp(`^${ISSUE_CODE.source}$`), "is no issue code"),
  title: z.string().min(1).max(300),
  description: text,
  /** `production` unless given. */
  category: z.enum(["production", "test_infrastructure"]).optional(),
  /** `MEDIUM` unless given. */
  priority: z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW"]).optional(),
  root_cause: text,
  resolution: text,
  is_resolved: z.boolean().optional(),
  affected_tools: z.array(z.string().min(1).max(2000)).max(200).optional(),
});

export type ImportedIssue = z.output<typeof importedIssueSchema>;

/** Result of an import: how many issues were new, changed, and already the same. */
export const importCountsSchema = z.object({
  added: z.number(),
  changed: z.number(),
  known: z.number(),
});

export type ImportCounts = z.output<typeof importCountsSchema>;
