import { pause } from "../../support/pause.ts";
import { promptOf } from "../chat_messages.ts";
import { reviewTestResult } from "../review_test_result.ts";
import { BrokenConnection } from "../listen.ts";
import { type JsonValue, misread } from "./answer.ts";
import {
  type Behaviour,
  drawListOutcome,
  drawOutcome,
  LATE_FAILURES,
  mergeBehaviour,
  type Outcome,
  traitsOf,
} from "./behaviour.ts";
import { type FakeModel, textModels, unlistedModel } from "./catalogue.ts";
import { countTokens, createCompletion, type Dialect, generationId } from "./completion.ts";
import { failureBody, failureOf, failureResponse, RefusedRequest } from "./failures.ts";
import { type ImageKeys, inspectImage } from "./images.ts";
import type { OrderedAnswers } from "./ordered_answers.ts";
import { logNormal, uniform } from "./random.ts";
import type { ChatRequest } from "./request.ts";
import { type CallEnd, CallRecorder, type RecordedCall, type Statistics } from "./statistics.ts";
import { answerText, type TextTruth } from "./text.ts";
import {
  checkEffort,
  drawThinking,
  effortOf,
  latencyFactor,
  mistakesLeft,
  noEndpoint,
} from "./thinking.ts";

/** Received request, for tests. */
export interface ReceivedRequest {
  readonly dialect: Dialect;
  readonly headers: Record<string, string>;
  readonly body: ChatRequest;
}

interface Result {
  readonly end: CallEnd;
  readonly response: Response;
}

/** Properties of a call that its content depends on. */
interface Ask {
  readonly outcome: Outcome;
  readonly model: FakeModel;
  readonly errorRate: number;
  readonly wantsSchema: boolean;
  /** `true` if the model follows the schema. */
  readonly structured: boolean;
}

const REMEMBERED_REQUESTS = 50;
const HANG_MS = 600_000;
/** Average delay of a timer in milliseconds (measured: 0.8) plus the time to send the answer. */
const LATENESS_MS = 1;

/** Simulated provider of both dialects: state, random draws and answers. */
export class Simulator {
  readonly recorder = new CallRecorder();
  readonly received: ReceivedRequest[] = [];
  behaviour: Behaviour = {};
  #script: Outcome[] = [];
  #models = new Map<string, FakeModel>();
  #truths = new Map<string, JsonValue>();
  #texts: readonly TextTruth[] = [];
  #calls = new Map<string, number>();
  #callNumber = 0;

  /** @param ordered answers to images without a truth. */
  constructor(
    models: readonly FakeModel[],
    readonly initial: Behaviour,
    readonly ordered?: Pick<OrderedAnswers, "find">,
  ) {
    this.addModels(models);
    this.change(initial);
  }

  get statistics(): Statistics {
    return this.recorder.read();
  }

  get models(): FakeModel[] {
    return [...this.#models.values()];
  }

  removeModels(ids: readonly string[]): void {
    for (const id of ids) this.#models.delete(id);
  }

  addModels(models: readonly FakeModel[]): void {
    for (const model of models) this.#models.set(model.id, model);
  }

  /** Adds the expected JSON of images, by path suffix (`owner/a.png`) or SHA-256 of the bytes. */
  addTruths(truths: Iterable<readonly [string, JsonValue]>): void {
    for (const [key, expected] of truths) this.#truths.set(key, expected);
  }

  /** Replaces the known texts and their classes. */
  setTexts(texts: readonly TextTruth[]): void {
    this.#texts = texts;
  }

  change(behaviour: Behaviour): void {
    this.behaviour = mergeBehaviour(this.behaviour, behaviour);
    if (behaviour.script !== undefined) this.#script = [...behaviour.script];
  }

  /** Resets all counts, and the behaviour to its state at the start. Models and truths stay. */
  reset(): void {
    this.behaviour = {};
    this.#script = [];
    this.change(this.initial);
    this.recorder.reset();
    this.received.length = 0;
    this.#calls.clear();
  }

  async answer(
    dialect: Dialect,
    body: ChatRequest,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const arrivedAt = performance.now();
    this.received.push({ dialect, headers, body });
    if (this.received.length > REMEMBERED_REQUESTS) this.received.shift();

    const call = this.recorder.begin(body.model);
    let end: CallEnd = "aborted";
    try {
      const result = await this.#run(dialect, body, call.model, arrivedAt, signal);
      end = signal.aborted ? "aborted" : result.end;
      if (end === "disconnect") throw new BrokenConnection();
      if (end !== "stall") return result.response;
      const stalled = ReadableStream.from(this.#stall(call, signal));
      return new Response(stalled.pipeThrough(new TextEncoderStream()), result.response);
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      if (!signal.aborted) end = "invalid";
      return failureResponse(dialect, { type: "invalid_request_error", ...error.failure });
    } finally {
      if (end !== "stall") this.recorder.end(call, end);
    }
  }

  /** Yields white space, as the real service sends while it waits, and then stalls. */
  async *#stall(call: RecordedCall, signal: AbortSignal): AsyncGenerator<string> {
    try {
      yield "\n         \n";
      await pause(this.behaviour.hangMs ?? HANG_MS, signal);
    } finally {
      this.recorder.end(call, "stall");
    }
  }

  /** Returns how a request for the list of models fails in an outage; null if it is answered. */
  async failList(dialect: Dialect, signal: AbortSignal): Promise<Response | null> {
    // Counted separately, so that these requests do not change the outcomes of calls.
    switch (drawListOutcome(this.behaviour, this.#count("GET /models"))) {
      case "ok":
        return null;
      case "disconnect":
        throw new BrokenConnection();
      case "hang":
      case "stall":
        await pause(this.behaviour.hangMs ?? HANG_MS, signal);
        return new Response(null, { status: 504 });
      default:
        return failureResponse(dialect, { status: 502, message: "Bad Gateway" });
    }
  }

  async #run(
    dialect: Dialect,
    body: ChatRequest,
    statistics: { latencyMs: number; cost: number },
    arrivedAt: number,
    signal: AbortSignal,
  ): Promise<Result> {
    const model = this.#modelFor(body.model, dialect);
    if (model === undefined) {
      const message = `${body.model} is not a valid model ID`;
      throw new RefusedRequest({ status: 400, message });
    }
    const wantsSchema = body.response_format?.type === "json_schema";
    const structured = wantsSchema && model.structuredOutput;
    if (wantsSchema && !structured && body.provider?.require_parameters === true) {
      throw noEndpoint();
    }
    checkEffort(dialect, model, body);

    const effort = effortOf(body);
    const seed = this.#seed;
    const nth = this.#count(model.id);
    const traits = traitsOf(this.behaviour, model);
    const outcome = this.#script.shift() ?? drawOutcome(traits.rates, seed, model.id, nth);
    const failure = failureOf(outcome, model.id, model.provider);
    const headers = headersOf(outcome, traits.retryAfterSeconds);
    if (failure !== undefined && !LATE_FAILURES.includes(outcome)) {
      return { end: outcome, response: failureResponse(dialect, failure, headers) };
    }

    const thinking = drawThinking(model, effort, seed, nth);
    const latency = logNormal(traits.medianMs, traits.sigma, seed, model.id, nth) *
      latencyFactor(effort) * (this.behaviour.latencyScale ?? 1);
    statistics.latencyMs += latency;

    const prompt = promptOf(body.messages);
    const download = this.behaviour.fetchImages ?? true;
    const images = await Promise.all(
      prompt.imageUrls.map((url) => inspectImage(url, download, signal)),
    );
    if (outcome === "hang") {
      await pause(this.behaviour.hangMs ?? HANG_MS, signal);
      return { end: outcome, response: new Response(null, { status: 504 }) };
    }

    const errorRate = Math.min(1, traits.fieldErrorRate * mistakesLeft(model, effort));
    const content = await this.#contentFor(
      { outcome, model, errorRate, wantsSchema, structured },
      prompt.text,
      images[0],
    );
    const promptTokens = countTokens(prompt.text) + images.length * model.imageTokens;
    const call = ++this.#callNumber;
    const completion = createCompletion({
      dialect,
      model,
      call,
      content,
      refused: outcome === "refusal",
      promptTokens,
      cachedTokens: Math.floor(promptTokens * traits.cachedShare),
      images: images.length,
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
      thinking: outcome === "refusal" ? 0 : thinking,
      servedBy: traits.servedBy === "" ? model.id : traits.servedBy,
    });
    await pause(latency - LATENESS_MS - (performance.now() - arrivedAt), signal);
    if (failure !== undefined) {
      const response = outcome === "error_in_body"
        ? Response.json({ ...failureBody(dialect, failure), user_id: "user_simulated" })
        : failureResponse(dialect, failure, headers);
      return { end: outcome, response };
    }
    const response = Response.json(completion.body, {
      headers: dialect === "openrouter"
        ? { "x-generation-id": generationId(call) }
        : { "x-request-id": `req_${call}` },
    });
    if (outcome !== "stall") statistics.cost += completion.cost;
    return { end: outcome, response };
  }

  #modelFor(id: string, dialect: Dialect): FakeModel | undefined {
    const known = this.#models.get(id) ?? textModels.find((model) => model.id === id);
    if (known !== undefined) return known;
    const accepted = dialect === "openai" || (this.behaviour.acceptUnknownModels ?? true);
    return accepted ? unlistedModel(id) : undefined;
  }

  get #seed(): number {
    return this.behaviour.seed ?? 1;
  }

  #count(key: string): number {
    const count = this.#calls.get(key) ?? 0;
    this.#calls.set(key, count + 1);
    return count;
  }

  async #contentFor(ask: Ask, prompt: string, image: ImageKeys | undefined): Promise<string> {
    const { outcome, model } = ask;
    const review = reviewTestResult(prompt);
    const isText = image === undefined && !ask.wantsSchema && review === null;
    if (outcome === "refusal") {
      return `I'm sorry, but I can't help with that${isText ? "" : " image"}.`;
    }
    if (isText) {
      return outcome === "malformed"
        ? "I would rather not put it in those terms."
        : answerText(prompt, model, this.#texts, this.#seed);
    }
    const { text, draw } = review === null
      ? await this.#read(ask, image)
      : { text: review, draw: uniform(this.#seed, model.id, review) };
    if (outcome === "malformed") return malformed(text, draw);
    const fenced = outcome === "fenced" || (model.profile.fences && !ask.structured);
    return fenced ? `\`\`\`json\n${text}\n\`\`\`` : text;
  }

  /** Returns the model's reading of the image as JSON text, and a number in [0, 1) for this call. */
  async #read(
    { model, errorRate, structured }: Ask,
    image: ImageKeys | undefined,
  ): Promise<{ text: string; draw: number }> {
    const known = image === undefined ? undefined : await this.#findTruth(image);
    const seed = this.#seed;
    const repeat = this.#count(`${model.id} ${known?.key}`);
    const draw = uniform(seed, model.id, String(known?.key), repeat);
    if (known === undefined) return { text: "{}", draw };
    const { key, truth } = known;
    const answer = misread(
      truth,
      errorRate,
      (path, salt) => uniform(seed, model.id, key, path, salt),
      (path, salt) => uniform(seed, model.id, key, path, salt, repeat),
    );
    return { text: JSON.stringify(answer, null, structured ? undefined : 2), draw };
  }

  /** Returns the right answer, and the name that mistakes are drawn for. */
  async #findTruth(image: ImageKeys): Promise<{ key: string; truth: JsonValue } | undefined> {
    const key = image.find((candidate) => this.#truths.has(candidate));
    const truth = key === undefined ? undefined : this.#truths.get(key);
    if (key !== undefined && truth !== undefined) return { key, truth };
    const found = await this.ordered?.find(image);
    // The folder may be another in each order. The file's name makes mistakes reproducible.
    return found === undefined ? undefined : { key: found.file, truth: found.expected };
  }
}

function headersOf(outcome: Outcome, retryAfterSeconds: number): Record<string, string> {
  const retry = { "retry-after": String(retryAfterSeconds) };
  if (outcome === "unavailable") return retry;
  return outcome !== "rate_limited" ? {} : {
    ...retry,
    "x-ratelimit-limit": "20",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(Date.now() + Math.round(retryAfterSeconds * 1000)),
  };
}

/** Returns invalid JSON of one of three kinds: cut off, single quotes, only prose. */
function malformed(text: string, draw: number): string {
  if (draw < 0.4) return text.slice(0, Math.max(1, Math.floor(text.length * 0.6)));
  if (draw < 0.7) return `${text.replaceAll('"', "'")},`;
  return "The image shows a receipt, but I could not make out its fields with confidence.";
}
