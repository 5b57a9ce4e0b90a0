// Requests and the answers that PostgREST's documentation gives to them, over HTTP. Written from
// PostgREST 14, not from what the gateway does.

import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { startTestGateway, type TestGateway } from "../testing.ts";

/** One request and its answer. */
interface Case {
  /** Method and path. */
  readonly ask: string;
  readonly prefer?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly as?: "anon" | "authenticated";
  readonly status: number;
  /** `Content-Range`. */
  readonly range?: string;
  /** `Preference-Applied`. */
  readonly applied?: string;
  readonly answered?: Readonly<Record<string, string | null>>;
  /** Text of the body without the space between its parts. */
  readonly text?: string;
  /** Code, message, details and hint of an error; those that are given. */
  readonly error?: readonly [string, ...(string | null | undefined)[]];
}

const JSON_TYPE = "application/json; charset=utf-8";
const OBJECT = "application/vnd.pgrst.object+json";
const JOINED = '"joined_at":"2026-12-01T03:24:16+00:00"';
const ANN = `{"id":1,"name":"Ann","fee":1.10,${JOINED}}`;

const ROWS: readonly Case[] = [
  {
    ask: "GET /kinds?id=eq.1&select=small,big,num,flt,txt,flag,price,short",
    status: 200,
    range: "0-0/*",
    answered: {
      "Content-Type": JSON_TYPE,
      "Content-Location":
        "/kinds?id=eq.1&select=small%2Cbig%2Cnum%2Cflt%2Ctxt%2Cflag%2Cprice%2Cshort",
    },
    text:
      `[{"small":1,"big":9223372036854775807,"num":12345678901234567890.10,"flt":0.1,"txt":"x",` +
      `"flag":true,"price":3.50,"short":null}]`,
  },
  {
    ask:
      "GET /kinds?id=eq.1&select=at,local_at,day,clock,span,ints,nums,words,raw,j,jb,uid,mood,pair,rng",
    status: 200,
    text: `[{"at":"2026-12-01T03:24:16.123456+00:00","local_at":"2026-12-01T03:24:16",` +
      `"day":"2026-12-01","clock":"03:24:00","span":"1 day 02:00:00","ints":[1,null],` +
      `"nums":[1.10,12345678901234567890],"words":["a","b c"],"raw":"\\\\x00ff",` +
      `"j":{"n":12345678901234567890},"jb":{"n":1.10},` +
      `"uid":"00000000-0000-4000-8000-000000000001","mood":"ok","pair":{"a":1,"b":1.10},"rng":"[1,5)"}]`,
  },
  {
    ask: "GET /kinds?id=eq.2&select=num,flt",
    status: 200,
    text: `[{"num":"NaN","flt":"Infinity"}]`,
  },
  {
    ask: "GET /kinds?id=eq.1&select=text:num::text,jb->n,t:jb->>n,first:ints->0,pair->b",
    status: 200,
    text: `[{"text":"12345678901234567890.10","n":1.10,"t":"1.10","first":1,"b":1.10}]`,
  },
  {
    ask: "GET /kinds?select=id&num=eq.12345678901234567890.10",
    status: 200,
    text: `[{"id":1}]`,
  },
  {
    ask: "GET /kinds?select=big,num,at,words&id=eq.1",
    accept: "text/csv",
    status: 200,
    answered: { "Content-Type": "text/csv; charset=utf-8" },
    text: `big,num,at,words\n9223372036854775807,12345678901234567890.10,` +
      `"2026-12-01 03:24:16.123456+00","{a,""b c""}"`,
  },
  {
    ask: "GET /kinds?id=eq.1&select=id,short",
    accept: `${OBJECT};nulls=stripped`,
    status: 200,
    text: `{"id":1}`,
  },
  {
    ask: "GET /kinds?id=eq.1&select=at",
    prefer: "timezone=America/Los_Angeles",
    status: 200,
    applied: "timezone=America/Los_Angeles",
    text: `[{"at":"2026-11-30T19:24:16.123456-08:00"}]`,
  },
  {
    ask: "GET /totals?order=name",
    status: 200,
    text:
      `[{"name":"Ann","books":2,"price":3.1000},{"name":"Bea","books":1,"price":12345678901234567890.0000}]`,
  },
];

const EMBEDS: readonly Case[] = [
  {
    ask: "GET /authors?select=id,books(id,price)&order=id&books.order=id.desc&books.limit=1",
    status: 200,
    text: `[{"id":1,"books":[{"id":2,"price":2.0000}]},` +
      `{"id":2,"books":[{"id":3,"price":12345678901234567890.0000}]},{"id":3,"books":[]}]`,
  },
  {
    ask: "GET /books?select=title,writer:authors(name,fee)&id=eq.1",
    status: 200,
    text: `[{"title":"A","writer":{"fee":1.10,"name":"Ann"}}]`,
  },
  {
    ask: "GET /books?select=title,writer:author_id(name)&id=eq.1",
    status: 200,
    text: `[{"title":"A","writer":{"name":"Ann"}}]`,
  },
  {
    ask: "GET /books?select=title,...authors(writer:name,fee)&id=eq.1",
    status: 200,
    text: `[{"title":"A","writer":"Ann","fee":1.10}]`,
  },
  {
    ask: "GET /books?select=id,tags(name)&id=eq.1&tags.order=name",
    status: 200,
    text: `[{"id":1,"tags":[{"name":"new"},{"name":"old"}]}]`,
  },
  {
    ask: "GET /authors?select=name,books!inner(title)&books.title=eq.C",
    prefer: "count=exact",
    status: 200,
    range: "0-0/1",
    applied: "count=exact",
    text: `[{"name":"Bea","books":[{"title":"C"}]}]`,
  },
  { ask: "GET /authors?select=name,books()&books=is.null", status: 200, text: `[{"name":"Cy"}]` },
  {
    ask: "GET /authors?select=name,books(count)&id=eq.1",
    status: 200,
    text: `[{"name":"Ann","books":[{"count":2}]}]`,
  },
  {
    ask: "GET /cheap_books?select=name,authors(name)&book_id=eq.1",
    status: 200,
    text: `[{"name":"A","authors":{"name":"Ann"}}]`,
  },
  {
    ask: "GET /cheapest_books?select=name,authors(name)&order=name&limit=1",
    status: 200,
    text: `[{"name":"A","authors":{"name":"Ann"}}]`,
  },
  {
    ask: "GET /authors?select=name,cheap_books(name)&id=eq.1&cheap_books.order=name",
    status: 200,
    text: `[{"name":"Ann","cheap_books":[{"name":"A"},{"name":"B"}]}]`,
  },
  {
    ask: "GET /books?select=id&authors.name=eq.Ann",
    status: 400,
    error: ["PGRST108", "'authors' is not an embedded resource in this request"],
  },
  {
    ask: "GET /authors?select=id,tags(id)",
    status: 400,
    error: [
      "PGRST200",
      "Could not find a relationship between 'authors' and 'tags' in the schema cache",
      "Searched for a foreign key relationship between 'authors' and 'tags' in the schema 'public', but no matches were found.",
    ],
  },
  {
    ask: "GET /authors?select=id,books(nope)",
    status: 400,
    error: ["42703", "column books_1.nope does not exist"],
  },
  {
    ask: "GET /authors?select=id,books(id)&order=books(id)",
    status: 400,
    error: ["PGRST118", "A related order on 'books' is not possible"],
  },
  {
    ask: "GET /books?select=id,authors(name)&order=authors(name).desc,id&limit=1",
    status: 200,
    text: `[{"id":3,"authors":{"name":"Bea"}}]`,
  },
];

const FILTERS: readonly Case[] = [
  {
    ask: "GET /authors?select=id&or=(id.eq.1,and(name.eq.Bea,fee.gte.2))&order=id",
    status: 200,
    text: `[{"id":1},{"id":2}]`,
  },
  { ask: "GET /authors?select=id&not.or=(id.eq.1,id.eq.2)", status: 200, text: `[{"id":3}]` },
  { ask: 'GET /authors?select=id&name=in.(Ann,"B,e")', status: 200, text: `[{"id":1}]` },
  { ask: "GET /authors?select=id&name=in.()", status: 200, text: `[]` },
  { ask: "GET /authors?select=id&name=ilike.a*", status: 200, text: `[{"id":1}]` },
  {
    ask: "GET /authors?select=id&name=like(any).{A*,B*}&order=id",
    status: 200,
    text: `[{"id":1},{"id":2}]`,
  },
  {
    ask: "GET /authors?select=id&name=not.eq.Ann&order=id.desc",
    status: 200,
    text: `[{"id":3},{"id":2}]`,
  },
  { ask: "GET /kinds?select=id&ints=cs.{1}", status: 200, text: `[{"id":1}]` },
  { ask: "GET /kinds?select=id&ints=is.null", status: 200, text: `[{"id":2}]` },
  { ask: "GET /kinds?select=id&jb->n=eq.1.10", status: 200, text: `[{"id":1}]` },
  {
    ask: "GET /kinds?select=id&order=small.desc.nullslast,id",
    status: 200,
    text: `[{"id":1},{"id":2}]`,
  },
  { ask: "GET /books?select=id&title=fts(english).c", status: 200, text: `[{"id":3}]` },
  {
    ask: "GET /authors?id=nope.1",
    status: 400,
    error: [
      "PGRST100",
      '"failed to parse filter (nope.1)" (line 1, column 1)',
      'unexpected "n" expecting "not" or operator (eq, gt, ...)',
    ],
  },
  { ask: "GET /authors?id=1", status: 400, error: ["PGRST100"] },
  { ask: "GET /authors?select=id,", status: 400, error: ["PGRST100"] },
  { ask: "GET /authors?order=id.up", status: 400, error: ["PGRST100"] },
  { ask: "GET /authors?or=(id.eq.1", status: 400, error: ["PGRST100"] },
  {
    ask: "GET /authors?select=fee.sum()",
    status: 400,
    error: ["PGRST123", "Use of aggregate functions is not allowed"],
  },
  {
    ask: "GET /authors?id=eq.x",
    status: 400,
    error: ["22P02", 'invalid input syntax for type integer: "x"', null, null],
  },
  { ask: "GET /authors?name=eq.%00", status: 400, error: ["22021"] },
  {
    ask: "GET /authors?nope=eq.1",
    status: 400,
    error: ["42703", "column authors.nope does not exist"],
  },
  { ask: "GET /authors?name=eq.'; drop table public.tags; --", status: 200, text: "[]" },
  { ask: "GET /authors?name=eq.\\'; select 1", status: 200, text: "[]" },
];

const PAGES: readonly Case[] = [
  {
    ask: "GET /authors?select=id&order=id&limit=2",
    prefer: "count=exact",
    status: 206,
    range: "0-1/3",
    text: `[{"id":1},{"id":2}]`,
  },
  {
    ask: "GET /authors?select=id&order=id",
    headers: { Range: "1-1" },
    prefer: "count=exact",
    status: 206,
    range: "1-1/3",
    text: `[{"id":2}]`,
  },
  {
    ask: "GET /authors?select=id&order=id&offset=1",
    status: 200,
    range: "1-2/*",
    text: `[{"id":2},{"id":3}]`,
  },
  { ask: "GET /authors?select=id", prefer: "count=exact", status: 200, range: "0-2/3" },
  { ask: "HEAD /authors?limit=1", prefer: "count=exact", status: 206, range: "0-0/3", text: "" },
  { ask: "GET /authors?offset=9", status: 200, range: "*/*", text: "[]" },
  {
    ask: "GET /authors?offset=9",
    prefer: "count=exact",
    status: 416,
    range: "*/3",
    error: [
      "PGRST103",
      "Requested range not satisfiable",
      "An offset of 9 was requested, but there are only 3 rows.",
    ],
  },
  {
    ask: "GET /authors",
    headers: { Range: "1-0" },
    status: 416,
    error: [
      "PGRST103",
      "Requested range not satisfiable",
      "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
    ],
  },
  {
    ask: "GET /authors?limit=-1",
    status: 416,
    error: ["PGRST103", undefined, "Limit should be greater than or equal to zero."],
  },
  {
    ask: "GET /authors?id=eq.1",
    accept: OBJECT,
    status: 200,
    answered: { "Content-Type": `${OBJECT}; charset=utf-8` },
    text: ANN,
  },
  {
    ask: "GET /authors?id=eq.9",
    accept: OBJECT,
    status: 406,
    error: [
      "PGRST116",
      "Cannot coerce the result to a single JSON object",
      "The result contains 0 rows",
      null,
    ],
  },
  {
    ask: "GET /authors",
    accept: OBJECT,
    status: 406,
    error: ["PGRST116", undefined, "The result contains 3 rows"],
  },
  {
    ask: "GET /authors",
    accept: "text/html",
    status: 406,
    error: ["PGRST107", "None of these media types are available: text/html"],
  },
  {
    ask: "GET /authors",
    headers: { "Accept-Profile": "private" },
    status: 406,
    error: [
      "PGRST106",
      "Invalid schema: private",
      null,
      "Only the following schemas are exposed: public",
    ],
  },
  {
    ask: "GET /nowhere",
    status: 404,
    error: ["PGRST205", "Could not find the table 'public.nowhere' in the schema cache"],
  },
  {
    ask: "GET /author",
    status: 404,
    error: ["PGRST205", undefined, null, "Perhaps you meant the table 'public.authors'"],
  },
  {
    ask: "GET /authors/1",
    status: 404,
    error: ["PGRST125", "Invalid path specified in request URL"],
  },
  {
    ask: "GET /authors",
    prefer: "handling=strict, anything",
    status: 400,
    error: [
      "PGRST122",
      "Invalid preferences given with handling=strict",
      "Invalid preferences: anything",
    ],
  },
];

const PERMISSIONS: readonly Case[] = [
  {
    ask: "GET /closed",
    as: "anon",
    status: 401,
    answered: { "WWW-Authenticate": "Bearer" },
    error: ["42501", "permission denied for table closed", null, null],
  },
  { ask: "GET /closed", as: "authenticated", status: 403, error: ["42501"] },
  { ask: "GET /partly?select=id,shown", as: "anon", status: 200, text: "[]" },
  { ask: "GET /partly", as: "anon", status: 401, error: ["42501"] },
  { ask: "POST /authors", as: "anon", body: `{"id":9,"name":"x"}`, status: 401, error: ["42501"] },
  {
    ask: "POST /authors",
    as: "authenticated",
    body: `{"id":9,"name":"x"}`,
    status: 403,
    error: ["42501"],
  },
];

const WRITES: readonly Case[] = [
  {
    ask: "POST /defaults",
    prefer: "return=representation",
    body: "{}",
    status: 201,
    range: "*/*",
    applied: "return=representation",
    text: `[{"id":1,"a":7,"b":"x","c":null}]`,
  },
  {
    ask: "POST /defaults?select=id",
    prefer: "return=representation",
    body: "[{},{}]",
    status: 201,
    text: `[{"id":2},{"id":3}]`,
  },
  { ask: "POST /defaults", prefer: "return=representation", body: "[]", status: 201, text: "[]" },
  {
    ask: "POST /defaults",
    body: `{"a":1}`,
    status: 201,
    range: "*/*",
    answered: { "Content-Type": null, Location: null },
    text: "",
  },
  {
    ask: "POST /defaults",
    prefer: "return=headers-only",
    body: `{"id":50}`,
    status: 201,
    answered: { Location: "/defaults?id=eq.50" },
    text: "",
  },
  {
    ask: "POST /defaults?columns=a,b&select=a,b",
    prefer: "return=representation, missing=default",
    body: `[{"a":1},{"b":"y"}]`,
    status: 201,
    applied: "missing=default, return=representation",
    text: `[{"a":1,"b":"x"},{"a":7,"b":"y"}]`,
  },
  {
    ask: "POST /defaults?columns=a,b&select=a,b",
    prefer: "return=representation",
    body: `[{"a":1,"c":5},{"b":"y"}]`,
    status: 201,
    text: `[{"a":1,"b":null},{"a":null,"b":"y"}]`,
  },
  {
    ask: "POST /defaults?columns=nope",
    body: "[]",
    status: 400,
    error: ["PGRST204", "Could not find the 'nope' column of 'defaults' in the schema cache"],
  },
  {
    ask: "POST /defaults",
    body: `{"nope":1}`,
    status: 400,
    error: [
      "PGRST204",
      "Could not find the 'nope' column of 'defaults' in the schema cache",
      null,
      null,
    ],
  },
  {
    ask: "POST /defaults",
    body: `[{"a":1},{"b":2}]`,
    status: 400,
    error: ["PGRST102", "All object keys must match"],
  },
  {
    ask: "POST /defaults",
    body: `{"a":`,
    status: 400,
    error: ["PGRST102", "Empty or invalid json"],
  },
  {
    ask: "POST /defaults",
    body: `{"a":"x"}`,
    status: 400,
    error: ["22P02", 'invalid input syntax for type integer: "x"', null, null],
  },
  {
    ask: "POST /defaults?select=a,b",
    prefer: "return=representation",
    body: `{"a":"5","b":{"x":1.10}}`,
    status: 201,
    text: `[{"a":5,"b":"{\\"x\\":1.10}"}]`,
  },
  {
    ask: "POST /defaults?select=a,b",
    prefer: "return=representation",
    headers: { "Content-Type": "text/csv" },
    body: "a,b\n1,NULL\n2,z\n",
    status: 201,
    text: `[{"a":1,"b":null},{"a":2,"b":"z"}]`,
  },
  {
    ask: "POST /kinds?select=num,big,nums,j,jb,ints,at,raw,pair,flt,mood",
    prefer: "return=representation",
    body:
      `{"num":12345678901234567890.10,"big":9223372036854775807,"nums":[1.10],"j":{"n":12345678901234567890},` +
      `"jb":[1.10,"a"],"ints":[1,null],"at":"2026-12-01T03:24:16.123456+02:00","raw":"\\\\x00ff","pair":{"a":1,"b":1.10},"flt":"NaN","mood":"sad"}`,
    status: 201,
    text:
      `[{"num":12345678901234567890.10,"big":9223372036854775807,"nums":[1.10],"j":{"n":12345678901234567890},` +
      `"jb":[1.10,"a"],"ints":[1,null],"at":"2026-12-01T01:24:16.123456+00:00","raw":"\\\\x00ff","pair":{"a":1,"b":1.10},"flt":"NaN","mood":"sad"}]`,
  },
  {
    ask: "POST /authors",
    body: `{"id":1,"name":"x"}`,
    status: 409,
    error: [
      "23505",
      'duplicate key value violates unique constraint "authors_pkey"',
      "Key (id)=(1) already exists.",
      null,
    ],
  },
  {
    ask: "POST /books",
    body: `{"id":9,"author_id":99,"title":"x"}`,
    status: 409,
    error: ["23503"],
  },
  { ask: "POST /authors", body: `{"id":9}`, status: 400, error: ["23502"] },
  { ask: "POST /kinds", body: `{"price":-1}`, status: 400, error: ["23514"] },
  {
    ask: "POST /authors?select=id,name",
    prefer: "resolution=merge-duplicates, return=representation",
    body: `[{"id":1,"name":"Anna"},{"id":4,"name":"Dan"}]`,
    status: 201,
    applied: "resolution=merge-duplicates, return=representation",
    text: `[{"id":1,"name":"Anna"},{"id":4,"name":"Dan"}]`,
  },
  {
    ask: "POST /authors",
    prefer: "resolution=merge-duplicates",
    body: `{"id":1,"name":"Ann"}`,
    status: 200,
    text: "",
  },
  {
    ask: "POST /authors?on_conflict=name",
    prefer: "resolution=ignore-duplicates, return=representation",
    body: `{"id":77,"name":"Ann"}`,
    status: 201,
    text: "[]",
  },
  {
    ask: "POST /authors?on_conflict=fee",
    prefer: "resolution=merge-duplicates",
    body: `{"id":5,"name":"x"}`,
    status: 400,
    error: ["42P10"],
  },
  {
    ask: "POST /books?select=id,authors(name)",
    prefer: "return=representation",
    body: `{"id":4,"author_id":2,"title":"D"}`,
    status: 201,
    text: `[{"id":4,"authors":{"name":"Bea"}}]`,
  },
  {
    ask: "PATCH /authors?id=eq.4&select=id,fee",
    prefer: "return=representation",
    body: `{"fee":5.50}`,
    status: 200,
    range: "0-0/*",
    text: `[{"id":4,"fee":5.50}]`,
  },
  {
    ask: "PATCH /authors?id=eq.4",
    body: `{"fee":6}`,
    status: 204,
    range: "0-0/*",
    answered: { "Content-Type": null },
    text: "",
  },
  {
    ask: "PATCH /authors?id=eq.99",
    prefer: "count=exact",
    body: `{"fee":6}`,
    status: 204,
    range: "*/0",
    applied: "count=exact",
  },
  {
    ask: "PATCH /authors?id=eq.99",
    prefer: "return=representation",
    body: `{"fee":6}`,
    status: 200,
    range: "*/*",
    text: "[]",
  },
  {
    ask: "PATCH /authors?id=eq.99",
    prefer: "return=representation",
    accept: OBJECT,
    body: `{"fee":6}`,
    status: 406,
    error: ["PGRST116"],
  },
  { ask: "PATCH /authors?id=eq.4", body: "{}", status: 204 },
  { ask: "PATCH /authors?id=eq.4", body: `{"fee":"x"}`, status: 400, error: ["22P02"] },
  {
    ask: "PATCH /authors?id=gt.1",
    prefer: "handling=strict, max-affected=1",
    body: `{"fee":9}`,
    status: 400,
    error: ["PGRST124", undefined, "The query affects 3 rows"],
  },
  { ask: "GET /authors?select=fee&id=eq.2", status: 200, text: `[{"fee":2.50}]` },
  {
    ask: "PATCH /authors",
    body: `{"fee":1}`,
    status: 400,
    error: ["21000", "UPDATE requires a WHERE clause"],
  },
  { ask: "DELETE /authors", status: 400, error: ["21000", "DELETE requires a WHERE clause"] },
  {
    ask: "PUT /authors?id=eq.4&select=id,name",
    prefer: "return=representation",
    body: `{"id":4,"name":"Don"}`,
    status: 200,
    text: `[{"id":4,"name":"Don"}]`,
  },
  {
    ask: "PUT /authors?id=eq.5",
    prefer: "return=representation",
    body: `{"id":5,"name":"Eve"}`,
    status: 201,
  },
  { ask: "PUT /authors?id=eq.5", body: `{"id":6,"name":"Eve"}`, status: 400, error: ["PGRST115"] },
  {
    ask: "PUT /authors?name=eq.Eve",
    body: `{"id":5,"name":"Eve"}`,
    status: 405,
    error: ["PGRST105"],
  },
  {
    ask: "DELETE /authors?id=eq.5&select=name",
    prefer: "return=representation",
    status: 200,
    range: "*/*",
    text: `[{"name":"Eve"}]`,
  },
  { ask: "DELETE /authors?id=eq.4", status: 204, text: "" },
];

const CALLS: readonly Case[] = [
  {
    ask: "POST /rpc/add",
    body: `{"a":1}`,
    status: 200,
    range: "0-0/*",
    answered: { "Content-Type": JSON_TYPE },
    text: "3",
  },
  { ask: "GET /rpc/add?a=1&b=5", status: 200, text: "6" },
  { ask: "POST /rpc/add", body: `{"a":"x"}`, status: 400, error: ["22P02"] },
  {
    ask: "POST /rpc/add",
    body: `{"q":1}`,
    status: 404,
    error: [
      "PGRST202",
      "Could not find the function public.add(q) in the schema cache",
      "Searched for the function public.add with parameter q or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
    ],
  },
  {
    ask: "POST /rpc/ad",
    body: "{}",
    status: 404,
    error: [
      "PGRST202",
      "Could not find the function public.ad without parameters in the schema cache",
    ],
  },
  { ask: "POST /rpc/large", body: "{}", status: 200, text: "12345678901234567890.10" },
  {
    ask: "POST /rpc/echo",
    body: `{"j":{"x":12345678901234567890,"y":[1.10]}}`,
    status: 200,
    text: `{"x":12345678901234567890,"y":[1.10]}`,
  },
  { ask: "POST /rpc/numbers", body: "{}", status: 200, range: "0-2/*", text: "[1,2,3]" },
  {
    ask: "GET /rpc/every_author?select=id,books(title)&order=id.desc&limit=2&fee=lt.3",
    prefer: "count=exact",
    status: 200,
    range: "0-1/2",
    text: `[{"id":2,"books":[{"title":"C"}]},{"id":1,"books":[{"title":"A"},{"title":"B"}]}]`,
  },
  { ask: "POST /rpc/find_author", body: `{"p":1}`, status: 200, text: ANN },
  { ask: "POST /rpc/find_author", accept: OBJECT, body: `{"p":1}`, status: 200, text: ANN },
  { ask: "POST /rpc/every_author", accept: OBJECT, body: "{}", status: 406, error: ["PGRST116"] },
  {
    ask: "POST /rpc/report",
    body: "{}",
    status: 200,
    text: `[{"x":1.10,"at":"2026-12-01T03:24:16+00:00"}]`,
  },
  { ask: "POST /rpc/outs", body: "{}", status: 200, text: `{"x":1,"y":1.10}` },
  {
    ask: "POST /rpc/nothing",
    body: "{}",
    status: 204,
    answered: { "Content-Type": null },
    text: "",
  },
  { ask: "POST /rpc/none", status: 200, text: "null" },
  { ask: "GET /rpc/sum_of?nums=1&nums=2", status: 200, text: "3" },
  {
    ask: "GET /rpc/write_in_get",
    status: 405,
    error: ["25006", "cannot execute INSERT in a read-only transaction"],
  },
  {
    ask: "DELETE /rpc/add",
    status: 405,
    error: ["PGRST101", "Cannot use the DELETE method on RPC"],
  },
  {
    ask: "POST /rpc/respond",
    body: "{}",
    status: 418,
    answered: { "X-Tea": "green" },
    text: `{"tea":true}`,
  },
  {
    ask: "POST /rpc/raise_response",
    body: "{}",
    status: 432,
    answered: { "X-Tea": "none" },
    error: ["TEA", "no tea", "d", "h"],
  },
  ...([
    ["P0001", 400],
    ["22023", 400],
    ["23505", 409],
    ["40001", 500],
    ["42883", 404],
    ["53400", 500],
    ["57014", 500],
    ["08006", 503],
    ["P0002", 500],
    ["PT402", 402],
    ["MP001", 400],
  ] as const)
    .map(([code, status]): Case => ({
      ask: "POST /rpc/fail",
      body: JSON.stringify({ code }),
      status,
      error: [code, "it failed", "the detail", "the hint"],
    })),
];

Deno.test("the REST service answers as PostgREST 14 on a hosted project", async (t) => {
  await using gateway = await startTestGateway({ handle: () => Promise.resolve(new Response()) });
  await gateway.sql.unsafe(await Deno.readTextFile(join(import.meta.dirname ?? ".", "testing.sql")))
    .simple();
  const { accessToken } = await gateway.signUp();
  const groups = { ROWS, EMBEDS, FILTERS, PAGES, PERMISSIONS, CALLS, WRITES };
  for (const [name, cases] of Object.entries(groups)) {
    for (const one of cases) {
      const label = `${name.toLowerCase()}: ${one.ask}${one.prefer ? ` (${one.prefer})` : ""}`;
      await t.step(
        `${label} ${one.body?.slice(0, 60) ?? ""}`,
        () => check(gateway, one, accessToken),
      );
    }
  }

  await t.step("supabase-js gets numbers, times and errors as from a hosted project", async () => {
    const service = gateway.client(gateway.config.keys.secret);
    const { data } = await service.from("authors").select("fee, joined_at, books(price)")
      .eq("id", 1).single();
    deepEqual(data, {
      fee: 1.1,
      joined_at: "2026-12-01T03:24:16+00:00",
      books: [{ price: 1.1 }, { price: 2 }],
    });
    const inserted = await service.from("defaults").insert({}).select("a, b").single();
    deepEqual(inserted.data, { a: 7, b: "x" });
    const wrong = await service.from("defaults").insert({ a: "x" });
    deepEqual([wrong.status, wrong.error?.code], [400, "22P02"]);
    const { count, data: page } = await service.from("books").select("id", { count: "exact" })
      .order("id").range(0, 1);
    deepEqual([count, page], [4, [{ id: 1 }, { id: 2 }]]);
    equal((await service.rpc("add", { a: 1 })).data, 3);
    equal((await service.from("authors").select().eq("id", 99).maybeSingle()).data, null);
    const upserted = await service.from("authors").upsert({ id: 3, name: "Cyd" }).select("name");
    deepEqual(upserted.data, [{ name: "Cyd" }]);
  });

  await t.step("the root describes what a role may use", async () => {
    const root = await ask(gateway, { ask: "GET /", status: 200 }, accessToken);
    equal(root.headers.get("Content-Type"), "application/openapi+json; charset=utf-8");
    const document = documentSchema.parse(await root.json());
    equal(document.swagger, "2.0");
    const { kinds } = document.definitions;
    equal(kinds?.description, "One column a type\nFor tests of the contract.");
    deepEqual(kinds?.required, ["id"]);
    deepEqual(
      Object.fromEntries(["id", "big", "num", "at", "ints", "jb", "mood", "price", "short", "flag"]
        .map((name) => [name, kinds?.properties[name]])),
      {
        id: { format: "int32", type: "integer", description: "Note:\nThis is a Primary Key.<pk/>" },
        big: { format: "int64", type: "integer", description: "A large number" },
        num: { format: "numeric", type: "number" },
        at: { format: "timestamp with time zone", type: "string" },
        ints: { format: "integer[]", type: "array", items: { type: "integer" } },
        jb: { format: "jsonb" },
        mood: { format: "public.mood", type: "string", enum: ["sad", "ok"] },
        price: { format: "numeric", type: "number" },
        short: { format: "character varying", type: "string", maxLength: 5 },
        flag: { format: "boolean", type: "boolean", default: true },
      },
    );
    equal(
      document.definitions["books"]?.properties["author_id"]?.description,
      "Note:\nThis is a Foreign Key to `authors.id`.<fk table='authors' column='id'/>",
    );
    deepEqual(Object.keys(document.paths["/kinds"] ?? {}).sort(), [
      "delete",
      "get",
      "patch",
      "post",
    ]);
    deepEqual(Object.keys(document.paths["/totals"] ?? {}), ["get"]);
    deepEqual(Object.keys(document.paths["/rpc/nothing"] ?? {}), ["post"]);
    deepEqual(Object.keys(document.paths["/rpc/add"] ?? {}).sort(), ["get", "post"]);
    deepEqual(document.parameters["rowFilter.kinds.big"], {
      name: "big",
      description: "A large number",
      required: false,
      in: "query",
      type: "string",
    });
    equal("/closed" in document.paths, false);
    const forbidden = await ask(gateway, { ask: "GET /", as: "anon", status: 403 }, accessToken);
    deepEqual(await forbidden.json(), {
      message: "Access to schema is forbidden",
      hint: "Accessing the schema via the Data API is only allowed using a secret API key.",
    });
  });
});

const documentSchema = z.object({
  swagger: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  definitions: z.record(
    z.string(),
    z.object({
      description: z.string().optional(),
      required: z.array(z.string()).optional(),
      properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
    }),
  ),
  parameters: z.record(z.string(), z.unknown()),
});

const errorSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  details: z.unknown(),
  hint: z.string().nullable(),
});

async function ask(gateway: TestGateway, one: Case, accessToken: string): Promise<Response> {
  const { publishable, secret } = gateway.config.keys;
  const [method = "", path = ""] = one.ask.split(/ (.*)/);
  const headers = new Headers({ apikey: one.as === undefined ? secret : publishable });
  if (one.as === "authenticated") headers.set("Authorization", `Bearer ${accessToken}`);
  if (one.body !== undefined) headers.set("Content-Type", "application/json");
  if (one.prefer !== undefined) headers.set("Prefer", one.prefer);
  if (one.accept !== undefined) headers.set("Accept", one.accept);
  for (const [name, value] of Object.entries(one.headers ?? {})) headers.set(name, value);
  const url = `${gateway.url}/rest/v1${path}`;
  return await fetch(url, { method, headers, ...one.body === undefined ? {} : { body: one.body } });
}

async function check(gateway: TestGateway, one: Case, accessToken: string): Promise<void> {
  const response = await ask(gateway, one, accessToken);
  const text = await response.text();
  equal(response.status, one.status, text);
  if (one.range !== undefined) equal(response.headers.get("Content-Range"), one.range);
  if (one.applied !== undefined) equal(response.headers.get("Preference-Applied"), one.applied);
  for (const [name, value] of Object.entries(one.answered ?? {})) {
    equal(response.headers.get(name), value, name);
  }
  if (one.text !== undefined) equal(compact(text, one.accept), one.text);
  if (one.error !== undefined) {
    equal(response.headers.get("Content-Type"), JSON_TYPE);
    const { code, message, details, hint } = errorSchema.parse(JSON.parse(text));
    const seen = [code, message, details, hint];
    for (const [at, wanted] of one.error.entries()) {
      if (wanted !== undefined) equal(seen[at], wanted);
    }
  }
}

/** Removes the space between the parts of a JSON text, and keeps how its numbers are written. */
function compact(text: string, accept = ""): string {
  return accept === "text/csv" ? text : text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}
