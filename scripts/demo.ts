/**
 * Shows the product from end to end: a customer signs up, uploads receipts, pays for a benchmark,
 * watches it run, reads the report, asks the chat, shares a team, tracks its tests with a key and
 * refines a prompt. Everything is
 * real except services without a key; see the README.
 */
import { Command, InvalidArgumentError } from "commander";
import { createClient } from "@supabase/supabase-js";
import { portsFrom } from "./stack/config.ts";
import {
  REROUTED_MODEL,
  RETIRED_MODEL,
  simulateChanges,
  startDemoStack,
} from "./demo/start_stack.ts";
import { DEMO_CREDENTIALS, loadReceipts, prepareDraft, signUp } from "./demo/customer.ts";
import { payFor } from "./demo/pay.ts";
import { followRuns } from "./demo/follow_runs.ts";
import { findEmail, readOwnerLink } from "./demo/find_email.ts";
import { writeReport } from "./demo/write_report.ts";
import { refinePrompt } from "./demo/refine_prompt.ts";
import { readAsColleague, shareTeam } from "./demo/share_team.ts";
import { trackTests } from "./demo/track_tests.ts";
import { askQuestions } from "./demo/ask_questions.ts";
import { addStackDir, runProgram, type StackOptions } from "./support/command.ts";
import { print } from "./support/terminal.ts";

const LOCAL_MODELS = ["local/tesseract-fast", "local/tesseract-best", "local/paddleocr"];
const PAID_MODELS = [
  "openai/gpt-6-luna#none",
  "openai/gpt-6-luna#high",
  "google/gemini-3.5-flash",
  "anthropic/claude-haiku-4.5",
];

interface Options extends StackOptions {
  readonly mock?: boolean;
  readonly runs: number;
  readonly portBase?: string;
}

function readRuns(text: string): number {
  if (/^([1-9]|10)$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Use a whole number from 1 to 10.");
}

const program = addStackDir(new Command("demo"))
  .description(
    "Show the product: pay for a benchmark of vision models on twelve receipts, read its report, ask the chat, track tests and refine a prompt.",
  )
  .option("--mock", "also benchmark OpenRouter's models, simulated locally")
  .option("--runs <number>", "runs of each model on each image, 1 to 10", readRuns, 2)
  .option("--port-base <number>", "first of the stack's ports")
  .action(async ({ mock = false, runs, stackDir, portBase }: Options) => {
    const step = (text: string) => print(`\n● ${text}`);
    const receipts = await loadReceipts();
    const place = {
      stackDir,
      ...portBase === undefined ? {} : { ports: portsFrom(Number(portBase)) },
    };
    const stack = await startDemoStack({ mock, place, environment: Deno.env.toObject() });
    const simulate = async (areShown: boolean) => {
      if (stack.simulationUrl !== undefined) await simulateChanges(stack.simulationUrl, areShown);
    };
    print(
      stack.wasRunning ? `Using the stack at ${stack.apiUrl}` : `Stack started at ${stack.apiUrl}`,
    );
    const supabase = createClient(stack.apiUrl, stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });

    step("A customer signs up and uploads twelve receipts and invoices");
    const owner = await signUp(supabase);
    const models = [
      ...LOCAL_MODELS,
      ...stack.hasPaidModels ? PAID_MODELS : [],
      // Only the simulation can be told to change how a model is served.
      ...stack.isOpenRouterSimulated ? [REROUTED_MODEL.id, RETIRED_MODEL] : [],
    ];
    const draft = await prepareDraft(supabase, owner, receipts, { models, runsPerModel: runs });
    print(`${owner.email}: ${receipts.length} images, ${models.length} models`);

    step("Checkout");
    await simulate(true);
    const { report_id: reportId, estimate } = await payFor(supabase, draft, stack);
    const runCount = receipts.length * models.length * estimate.runs_per_model;
    print(`Paid: ${runCount} runs, estimated API cost $${estimate.total_usd.toFixed(4)}.`);
    const orderMail = await findEmail(stack, "We Received Your Order", reportId);
    const ownerLink = await readOwnerLink(orderMail);
    print(`Order mail    ${orderMail}`);
    if (ownerLink !== null) print(`Live report   ${ownerLink}`);

    const by = stack.isOpenRouterSimulated ? " (OpenRouter's models are simulated)" : "";
    step(`The worker runs every model on every image${by}`);
    const begun = performance.now();
    const report = await followRuns(supabase, reportId, models, `Logs: ${stack.logsDir}`);
    await simulate(false);
    print(`Done in ${((performance.now() - begun) / 1000).toFixed(1)} s.`);

    print(`\n${writeReport(report, receipts.length)}`);
    // Everybody with the report's link may see its images and expected answers.
    const sharing = { p_report: reportId, p_expires_at: null, p_shares_order: true };
    const { error } = await supabase.rpc("set_sharing", sharing);
    if (error) throw error;
    print(`Report link   ${stack.siteUrl}/report/${report.share_token}`);
    const inMail = ownerLink ?? reportId;
    print(`Ready mail    ${await findEmail(stack, "Your Benchmark Report is Ready", inMail)}`);
    print(`Owner's link  ${ownerLink ?? "in the mails"}`);
    print(`Order page    ${stack.siteUrl}/order/`);
    await askQuestions(supabase, stack);
    const { email, password } = DEMO_CREDENTIALS;
    print(`\nChat page     ${stack.siteUrl}/chat/\nSign in as    ${email}, ${password}`);
    step("The customer shares a team with a colleague, and gives its CI a key");
    const team = await shareTeam(supabase, stack);
    await trackTests({ apiUrl: stack.apiUrl, key: team.key });
    await readAsColleague(team);
    await refinePrompt(supabase, owner, stack);
    print('\nThe stack keeps running. Stop it with "deno task stop".');
    print("Your own images: deno task benchmark <folder>");
    Deno.exitCode = report.status === "complete" ? 0 : 1;
  });

await runProgram(program);
