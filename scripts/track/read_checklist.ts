import { lexer, type Token, type Tokens } from "marked";
import {
  type ImportedIssue,
  ISSUE_CODE,
} from "../../supabase/functions/_shared/tracking/issue_import.ts";

/** A line that could not be read as an issue. */
interface UnknownLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

/** Content of a checklist. */
export interface Checklist {
  readonly issues: readonly ImportedIssue[];
  readonly unknown: readonly UnknownLine[];
}

const CODE = new RegExp(`\\b${ISSUE_CODE.source}\\b`);
const PRIORITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;
const PRIORITY = /\b(critical|high|medium|low)\b/i;
const INFRASTRUCTURE =
  /\b(test[\s_-]*)?infrastructure\b|\btest[\s_-]*(harness|setup|environment)\b/i;
const FIELD = /^([A-Za-z][A-Za-z _-]{1,20}?)\s*:\s*(.*)$/s;
const MAX_TITLE = 300;

/**
 * Reads a checklist of issues in Markdown. Each issue is a task item,
 * `- [x] **PHASE2-HIGH-001**: title`, with optional `Key: value` lines under it: description, priority,
 * category, tools, root cause, resolution. The category defaults to the heading's. Lines without a
 * known key belong to the description. Lines that belong to no issue are listed as unknown.
 */
export function readChecklist(markdown: string): Checklist {
  const issues = new Map<string, ImportedIssue>();
  const unknown: UnknownLine[] = [];
  let section = "";
  let line = 1;
  for (const token of lexer(markdown.replace(/^\uFEFF/, ""))) {
    if (token.type === "heading") section = plain(token);
    else if (isList(token)) {
      let at = line;
      for (const item of token.items) {
        const read = readItem(item, section);
        if (typeof read === "string") unknown.push(tell(at, item.raw, read));
        else if (issues.has(read.issue_code)) {
          unknown.push(tell(at, item.raw, `${read.issue_code} is in the list twice`));
        } else issues.set(read.issue_code, read);
        at += countLines(item.raw);
      }
    } else if (token.type !== "space" && token.type !== "hr" && token.type !== "html") {
      unknown.push(tell(line, token.raw, "not part of a task"));
    }
    line += countLines(token.raw);
  }
  return { issues: [...issues.values()], unknown };
}

function isList(token: Token): token is Tokens.List {
  return token.type === "list";
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

function tell(line: number, raw: string, reason: string): UnknownLine {
  return { line, text: raw.trim().split("\n", 1)[0]?.slice(0, 120) ?? "", reason };
}

function readItem(item: Tokens.ListItem, section: string): ImportedIssue | string {
  if (!item.task) return "not a task";
  const [head = "", ...more] = linesOf(item);
  const code = CODE.exec(head);
  if (code === null) return "no issue code";
  const title = head.replace(code[0], "")
    .replace(/\(\s*\)|\[\s*\]/g, "").replace(/^[\s:–—-]+|[\s:–—-]+$/g, "").trim();
  const fields = new Map<string, string>();
  const description: string[] = title.length > MAX_TITLE ? [title] : [];
  for (const text of more) {
    const field = FIELD.exec(text);
    const name = nameOf(field?.[1] ?? "");
    if (field === null || name === null) description.push(text);
    else if (name === "description") description.unshift(field[2] ?? "");
    else fields.set(name, field[2]?.trim() ?? "");
  }
  const category = fields.get("category");
  const tools = fields.get("tools")?.split(/[,;]/).map((tool) => tool.trim())
    .filter((tool) => tool !== "");
  const text = description.join("\n").trim();
  return {
    issue_code: code[0],
    title: title === "" ? code[0] : title.slice(0, MAX_TITLE),
    priority: readPriority(fields.get("priority")) ?? readPriority(code[1]) ?? "MEDIUM",
    category: INFRASTRUCTURE.test(category ?? section) ? "test_infrastructure" : "production",
    is_resolved: item.checked === true,
    ...text === "" ? {} : { description: text },
    ...named("root_cause", fields.get("root cause")),
    ...named("resolution", fields.get("resolution")),
    ...tools === undefined ? {} : { affected_tools: tools },
  };
}

function readPriority(text: string | undefined): ImportedIssue["priority"] {
  const name = PRIORITY.exec(text ?? "")?.[1]?.toUpperCase();
  return PRIORITIES.find((priority) => priority === name);
}

function nameOf(written: string): string | null {
  const name = written.toLowerCase().replace(/[_-]/g, " ").trim();
  if (/^(description|details?|desc)$/.test(name)) return "description";
  if (/^(affected )?tools?$/.test(name)) return "tools";
  if (/^(resolution|fix|fixed by)$/.test(name)) return "resolution";
  return ["priority", "category", "root cause"].includes(name) ? name : null;
}

function named(name: "root_cause" | "resolution", value: string | undefined) {
  return value === undefined || value === "" ? {} : { [name]: value };
}

/** Returns an item as lines of plain text. A code block stays one entry. */
function linesOf(item: Tokens.ListItem): string[] {
  return item.tokens.flatMap((token): string[] => {
    if (isList(token)) return token.items.flatMap((inner) => linesOf(inner));
    if (token.type === "code") return [plain(token)];
    return plain(token).split("\n").map((text) => text.trim()).filter((text) => text !== "");
  });
}

/** Returns a token's text without Markdown. */
function plain(token: Token): string {
  if (token.type === "checkbox") return "";
  if ("tokens" in token && token.tokens !== undefined && token.tokens.length > 0) {
    return token.tokens.map(plain).join("");
  }
  return "text" in token && typeof token.text === "string" ? unescape(token.text) : token.raw;
}

/** Replaces the HTML entities that the parser leaves in its text. */
function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
