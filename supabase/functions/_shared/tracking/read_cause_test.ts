import assert from "node:assert/strict";
import fc from "fast-check";
import { Cause, readHeadline } from "./read_cause.ts";

const GO_TESTIFY = `    cart_test.go:12: 
        	Error Trace:	/home/ci/shop/cart/cart_test.go:12
        	            	/home/ci/shop/cart/cart_test.go:40
        	Error:      	Not equal: 
        	            	expected: "paid"
        	            	actual  : "open"
        	            	
        	            	Diff:
        	            	--- Expected
        	Test:       	TestPay
        	Messages:   	status of an order`;

const GO_RACE = `==================
WARNING: DATA RACE
Write at 0x00c0001a4018 by goroutine 9:
  github.com/acme/shop/stats.(*Counter).Inc()
      /home/ci/shop/stats/counter.go:14 +0x44

Previous read at 0x00c0001a4018 by goroutine 8:
  github.com/acme/shop/stats.(*Counter).Value()
      /home/ci/shop/stats/counter.go:21 +0x30
==================`;

const GO_PANIC = `panic: runtime error: index out of range [3] with length 3 [recovered]
	panic: runtime error: index out of range [3] with length 3

goroutine 8 [running]:
testing.tRunner.func1.2({0x55d2c0, 0x6f8a50})
	/usr/local/go/src/testing/testing.go:1632 +0x230
panic({0x55d2c0?, 0x6f8a50?})
	/usr/local/go/src/runtime/panic.go:785 +0x132
github.com/acme/shop/csv.readRow(...)
	/home/ci/shop/csv/read.go:55
github.com/acme/shop/csv.TestShort(0xc0001a2340)
	/home/ci/shop/csv/read_test.go:19 +0x3c`;

const PYTEST = `def test_number(db):
        invoice = issue(db)
>       assert invoice.number == 1
E       AssertionError: assert 0 == 1
E        +  where 0 = <Invoice object at 0x7f9c>.number

tests/test_invoice.py:12: AssertionError`;

const JAVA_CHAIN = `java.lang.IllegalStateException: Failed to load ApplicationContext
	at org.springframework.test.context.Loader.load(Loader.java:180)
	at com.acme.shop.CartTest.adds(CartTest.java:9)
Caused by: org.springframework.beans.BeanCreationException: Error creating bean
	... 17 more
Caused by: org.postgresql.util.PSQLException: FATAL: no such database
	... 20 more`;

const JAVA_GROUP = `org.opentest4j.MultipleFailuresError: Multiple Failures (2 failures)
	org.opentest4j.AssertionFailedError: street ==> expected: <a> but was: <null>
	org.opentest4j.AssertionFailedError: phone ==> expected: <b> but was: <null>
	at com.acme.CsvTest.contact(CsvTest.java:44)`;

const RSPEC = `Failure/Error: customer.name.upcase

NoMethodError:
  undefined method \`upcase' for nil
# ./app/models/basket.rb:22:in \`label'
# ./spec/basket_spec.rb:9:in \`block (2 levels) in <top (required)>'`;

const JEST = `Error: expect(received).toBe(expected) // Object.is equality

Expected: 200
Received: 500
    at Object.<anonymous> (/home/ci/shop/node_modules/expect/build/index.js:1:1)
    at Object.<anonymous> (/home/ci/shop/test/api.test.ts:14:25)`;

const PHP = `Cart\\CartTest::testTotal
Failed asserting that 3 matches expected 4.

/home/ci/shop/tests/CartTest.php:12`.split("\n").slice(1).join("\n");

const CSHARP =
  `System.NullReferenceException : Object reference not set to an instance of an object.
   at System.Linq.Enumerable.First() in /_/src/Enumerable.cs:line 3
   at Shop.Mail.Outbox.Send(Message message) in D:\\a\\shop\\shop\\src\\Mail\\Outbox.cs:line 27
   at Shop.Tests.OutboxTests.Sends() in D:\\a\\shop\\shop\\tests\\OutboxTests.cs:line 14`;

type Read = readonly [
  runner: string,
  message: string,
  headline: string,
  errorClass: string | null,
  place: string | null,
];

const READ: readonly Read[] = [
  ["testify", GO_TESTIFY, 'Not equal: expected: "paid"', null, "cart/cart_test.go"],
  [
    "Go's race detector",
    GO_RACE,
    "WARNING: DATA RACE",
    null,
    "github.com/acme/shop/stats.(*Counter).Inc github.com/acme/shop/stats.(*Counter).Value",
  ],
  [
    "Go's panic",
    GO_PANIC,
    "runtime error: index out of range [3] with length 3",
    null,
    "csv.readRow csv/read.go",
  ],
  ["Go", "    cart_test.go:31: Total() = 1, want 2", "Total() = 1, want 2", null, "cart_test.go"],
  ["pytest", PYTEST, "assert 0 == 1", "AssertionError", "tests/test_invoice.py"],
  [
    "a traceback of Python",
    "Traceback (most recent call last):\n  File \"/srv/shop/mail.py\", line 44, in render\n    x\nKeyError: 'name'",
    "'name'",
    "KeyError",
    "shop/mail.py",
  ],
  [
    "Rust",
    "thread 'a::b' panicked at src/a.rs:3:5:\nassertion `left == right` failed: size\n  left: 1\n right: 2",
    "assertion `left == right` failed: size",
    null,
    "src/a.rs",
  ],
  [
    "an old Rust",
    "thread 'main' panicked at 'no such key', src/a.rs:3:5",
    "no such key",
    null,
    "src/a.rs",
  ],
  [
    "Java",
    JAVA_CHAIN,
    "Failed to load ApplicationContext",
    "java.lang.IllegalStateException",
    "CartTest.java",
  ],
  [
    "Java without a message",
    "java.lang.NullPointerException\n\tat com.acme.Address.format(Address.java:52)",
    "",
    "java.lang.NullPointerException",
    "com.acme.Address.format Address.java",
  ],
  [
    "JUnit, which writes the message before its class",
    "no total\njava.lang.IllegalStateException: no total\n\tat com.acme.Cart.total(Cart.java:3)",
    "no total",
    "java.lang.IllegalStateException",
    "com.acme.Cart.total Cart.java",
  ],
  ["RSpec", RSPEC, "undefined method `upcase' for nil", "NoMethodError", "models/basket.rb"],
  [
    "Jest",
    JEST,
    "expect(received).toBe(expected) // Object.is equality",
    "Error",
    "test/api.test.ts",
  ],
  [
    "Vitest",
    "TypeError: a is not iterable\n ❯ sum src/sum.ts:3:5\n ❯ test/sum.test.ts:9:1",
    "a is not iterable",
    "TypeError",
    "src/sum.ts",
  ],
  [
    "Playwright",
    "TimeoutError: locator.click: Timeout 30000ms exceeded.\nCall log:\n  - waiting for locator('#pay')",
    "locator.click: Timeout 30000ms exceeded. - waiting for locator('#pay')",
    "TimeoutError",
    null,
  ],
  ["PHPUnit", PHP, "Failed asserting that 3 matches expected 4.", null, "tests/CartTest.php"],
  [
    "xUnit",
    CSHARP,
    "Object reference not set to an instance of an object.",
    "System.NullReferenceException",
    "Shop.Mail.Outbox.Send Mail/Outbox.cs",
  ],
  [
    "Mockito",
    "Wanted but not invoked:\nmailer.send(<any>);\n-> at com.acme.MailTest.sends(MailTest.java:21)",
    "Wanted but not invoked: mailer.send(<any>);",
    null,
    "MailTest.java",
  ],
  ["a compiler", "src/a.ts(3,5): error TS2345: bad", "error TS2345: bad", null, "src/a.ts"],
  ["nothing", "", "", null, null],
];

Deno.test("Cause reads headline, class and place as each runner writes them", () => {
  for (const [runner, message, headline, errorClass, place] of READ) {
    const cause = new Cause(message);
    assert.deepEqual(
      [cause.headline, cause.errorClass, cause.readPlace()],
      [headline, errorClass, place],
      runner,
    );
  }
});

Deno.test("Cause reads values, messages and the failures of a group", () => {
  const details = (message: string) => new Cause(message).readDetails();
  assert.deepEqual(details(GO_TESTIFY), [
    'expected: "paid"',
    'actual  : "open"',
    "Messages:   \tstatus of an order",
  ]);
  assert.deepEqual(details(JEST), ["Expected: 200", "Received: 500"]);
  assert.deepEqual(details(JAVA_GROUP), [
    "street ==> expected: <a> but was: <null>",
    "phone ==> expected: <b> but was: <null>",
  ]);
  assert.deepEqual(details(PYTEST), ["+  where 0 = <Invoice object at 0x7f9c>.number"]);
});

Deno.test("Cause reads the innermost cause and the asserted expression", () => {
  assert.equal(
    new Cause(JAVA_CHAIN).root,
    "org.postgresql.util.PSQLException: FATAL: no such database",
  );
  assert.equal(
    new Cause("Error: no rates\n    at a.ts:1:1 {\n  [cause]: Error: socket hang up\n}").root,
    "Error: socket hang up",
  );
  assert.equal(
    new Cause("failed to start\n\nCaused by:\n    0: cannot bind\n    1: address in use").root,
    "address in use",
  );
  assert.equal(new Cause(PYTEST).readSource(), "assert invoice.number == 1");
  assert.equal(new Cause(RSPEC).readSource(), "customer.name.upcase");
  assert.equal(
    new Cause("boom\n\n> 14 |   expect(total).toBe(3);").readSource(),
    "expect(total).toBe(3);",
  );
});

Deno.test("readHeadline() returns one line of any text", () => {
  const line = fc.constantFrom(
    ...[
      "E   a",
      "> b",
      "panic: x",
      "Error Trace:\ta.go:1",
      "Error:  ",
      "goroutine 1 [running]:",
      "  at f (a.ts:1:2)",
    ],
    ...[
      "Caused by: y",
      "Traceback (most recent call last):",
      "WARNING: DATA RACE",
      "",
      "Foo: ",
      "a.b(",
      "\x1b[31m",
    ],
  );
  fc.assert(fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
    const text = lines.join("\n");
    assert.ok(!/\n/.test(readHeadline(text)));
    const cause = new Cause(text);
    assert.ok(
      [...cause.readDetails(), cause.readSource() ?? "", cause.readPlace() ?? ""].every((read) =>
        !read.includes("\n")
      ),
    );
  }));
});
