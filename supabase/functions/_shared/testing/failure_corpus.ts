/** Failures that have one cause, as the runner wrote them into its report. */
export interface LabelledCause {
  readonly language: string;
  /** What a developer would call the cause. */
  readonly cause: string;
  /** Messages of three occurrences: other numbers, ids, folders, lines, times. */
  readonly messages: readonly [string, string, string];
}

/**
 * Labelled failures of eight languages for measuring how well issues follow causes. Several causes have
 * nearly the same first line on purpose, and several messages of one cause hardly a word in common but it.
 */
export const FAILURE_CORPUS: readonly LabelledCause[] = [
  {
    language: "typescript",
    cause: "cart total is not rounded",
    messages: [
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 12.3\nReceived: 12.299999999999999\n    at Object.<anonymous> (/home/runner/builds/shop/shop/src/cart/total.test.ts:14:25)\n    at Promise.then.completed (/home/runner/builds/shop/shop/node_modules/jest-circus/build/utils.js:298:28)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 0.3\nReceived: 0.30000000000000004\n    at Object.<anonymous> (/Users/jane/shop/src/cart/total.test.ts:22:25)\n    at Promise.then.completed (/Users/jane/shop/node_modules/jest-circus/build/utils.js:298:28)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 99.95\nReceived: 99.94999999999999\n    at Object.<anonymous> (/builds/acme/shop/src/cart/total.test.ts:31:25)\n    at new Promise (<anonymous>)",
    ],
  },
  {
    language: "typescript",
    cause: "order stays open after payment",
    messages: [
      'Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: "paid"\nReceived: "open"\n    at Object.<anonymous> (/home/runner/builds/shop/shop/src/orders/pay.test.ts:40:30)',
      'Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: "paid"\nReceived: "open"\n    at Object.<anonymous> (/home/runner/builds/shop/shop/src/orders/pay.test.ts:58:30)',
      'Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: "paid"\nReceived: "open"\n    at Object.<anonymous> (/Users/jane/shop/src/orders/refund.test.ts:12:30)',
    ],
  },
  {
    language: "typescript",
    cause: "API answers 500 instead of 200",
    messages: [
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 500\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/api/orders.test.ts:14:25)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 500\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/api/orders.test.ts:88:25)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 500\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/api/users.test.ts:19:25)",
    ],
  },
  {
    language: "typescript",
    cause: "route is missing: 404 instead of 200",
    messages: [
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 404\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/api/orders.test.ts:29:25)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 404\n    at Object.<anonymous> (/builds/acme/shop/test/api/orders.test.ts:30:25)",
      "Error: expect(received).toBe(expected) // Object.is equality\n\nExpected: 200\nReceived: 404\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/api/carts.test.ts:7:25)",
    ],
  },
  {
    language: "typescript",
    cause: "order without lines in the price service",
    messages: [
      "TypeError: Cannot read properties of undefined (reading 'map')\n    at sumLines (/home/runner/builds/shop/shop/src/prices/sum.ts:18:22)\n    at quote (/home/runner/builds/shop/shop/src/prices/quote.ts:9:10)\n    at Object.<anonymous> (/home/runner/builds/shop/shop/test/quote.test.ts:12:5)",
      "TypeError: Cannot read properties of undefined (reading 'map')\n    at sumLines (/Users/jane/shop/src/prices/sum.ts:21:22)\n    at Object.<anonymous> (/Users/jane/shop/test/sum.test.ts:30:5)",
      "Uncaught TypeError: Cannot read properties of undefined (reading 'map')\n    at sumLines (/builds/acme/shop/src/prices/sum.ts:18:22)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    ],
  },
  {
    language: "typescript",
    cause: "user list without users in the admin page",
    messages: [
      "TypeError: Cannot read properties of undefined (reading 'map')\n    at UserTable (/home/runner/builds/shop/shop/src/admin/UserTable.tsx:33:14)\n    at renderWithHooks (/home/runner/builds/shop/shop/node_modules/react-dom/cjs/react-dom.development.js:15486:18)",
      "TypeError: Cannot read properties of undefined (reading 'map')\n    at UserTable (/home/runner/builds/shop/shop/src/admin/UserTable.tsx:35:14)\n    at mountIndeterminateComponent (/home/runner/builds/shop/shop/node_modules/react-dom/cjs/react-dom.development.js:20103:13)",
      "TypeError: Cannot read properties of undefined (reading 'map')\n    at UserTable (/Users/jane/shop/src/admin/UserTable.tsx:33:14)",
    ],
  },
  {
    language: "typescript",
    cause: "pay button never appears",
    messages: [
      "TimeoutError: locator.click: Timeout 30000ms exceeded.\nCall log:\n  - waiting for locator('#pay')\n\n   at checkout.spec.ts:14\n\n  12 |   await page.goto('/checkout');\n> 14 |   await page.locator('#pay').click();",
      "TimeoutError: locator.click: Timeout 15000ms exceeded.\nCall log:\n  - waiting for locator('#pay')\n\n   at checkout.spec.ts:21\n\n> 21 |   await page.locator('#pay').click();",
      "TimeoutError: locator.click: Timeout 30000ms exceeded.\nCall log:\n  - waiting for locator('#pay')\n    - locator resolved to <button disabled id=\"pay\">Pay</button>\n\n   at guest.spec.ts:9\n\n> 9 |   await page.locator('#pay').click();",
    ],
  },
  {
    language: "typescript",
    cause: "menu never opens",
    messages: [
      "TimeoutError: locator.click: Timeout 30000ms exceeded.\nCall log:\n  - waiting for getByRole('menuitem', { name: 'Settings' })\n\n   at menu.spec.ts:14",
      "TimeoutError: locator.click: Timeout 30000ms exceeded.\nCall log:\n  - waiting for getByRole('menuitem', { name: 'Settings' })\n\n   at menu.spec.ts:33",
      "TimeoutError: locator.click: Timeout 5000ms exceeded.\nCall log:\n  - waiting for getByRole('menuitem', { name: 'Settings' })\n\n   at profile.spec.ts:8",
    ],
  },
  {
    language: "typescript",
    cause: "login page shows the wrong heading",
    messages: [
      'Error: expect(locator).toHaveText(expected) failed\n\nLocator:  getByRole(\'heading\')\nExpected: "Welcome back"\nReceived: "Sign in"\nTimeout:  5000ms\n\nCall log:\n  - Expect "toHaveText" with timeout 5000ms',
      'Error: expect(locator).toHaveText(expected) failed\n\nLocator:  getByRole(\'heading\')\nExpected: "Welcome back"\nReceived: "Sign in"\nTimeout:  10000ms\n\nCall log:\n  - Expect "toHaveText" with timeout 10000ms',
      '\u001b[31mError: \u001b[2mexpect(\u001b[22m\u001b[31mlocator\u001b[39m\u001b[2m).\u001b[22mtoHaveText\u001b[2m(\u001b[22m\u001b[32mexpected\u001b[39m\u001b[2m)\u001b[22m failed\u001b[39m\n\nLocator:  getByRole(\'heading\')\nExpected: \u001b[32m"Welcome back"\u001b[39m\nReceived: \u001b[31m"Sign in"\u001b[39m\nTimeout:  5000ms',
    ],
  },
  {
    language: "typescript",
    cause: "queue worker is not running",
    messages: [
      "AssertionError: expected 3 jobs to be done, 0 are\n ❯ test/queue/drain.test.ts:41:18",
      "AssertionError: expected 12 jobs to be done, 4 are\n ❯ test/queue/drain.test.ts:41:18",
      "AssertionError: expected 1 jobs to be done, 0 are\n ❯ test/queue/retry.test.ts:17:18",
    ],
  },
  {
    language: "typescript",
    cause: "cache server is not started",
    messages: [
      "Error: connect ECONNREFUSED 127.0.0.1:6379\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
      "Error: connect ECONNREFUSED ::1:6379\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16)",
      "Error: connect ECONNREFUSED 127.0.0.1:6379\n    at Socket.<anonymous> (/srv/app/node_modules/ioredis/built/redis/event_handler.js:184:37)",
    ],
  },
  {
    language: "typescript",
    cause: "port of the test server is taken",
    messages: [
      "Error: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle [as _listen2] (node:net:1817:16)",
      "Error: listen EADDRINUSE: address already in use 127.0.0.1:3001\n    at Server.setupListenHandle [as _listen2] (node:net:1817:16)",
      "Error: listen EADDRINUSE: address already in use 0.0.0.0:4173\n    at node:net:1904:8",
    ],
  },
  {
    language: "python",
    cause: "invoice numbers start at zero",
    messages: [
      "AssertionError: assert 0 == 1\n +  where 0 = <Invoice object at 0x7f9c1a2b3c40>.number\ndef test_first(db):\n        invoice = issue(db)\n>       assert invoice.number == 1\nE       AssertionError: assert 0 == 1\nE        +  where 0 = <Invoice object at 0x7f9c1a2b3c40>.number\n\ntests/test_invoice.py:12: AssertionError",
      "AssertionError: assert 0 == 1\n +  where 0 = <Invoice object at 0x7fe0aa11bb90>.number\ndef test_after_reset(db):\n>       assert invoice.number == 1\nE       AssertionError: assert 0 == 1\nE        +  where 0 = <Invoice object at 0x7fe0aa11bb90>.number\n\ntests/test_invoice.py:48: AssertionError",
      "AssertionError: assert 4 == 5\n +  where 4 = <Invoice object at 0x7f11223344d0>.number\ndef test_fifth(db):\n>       assert invoice.number == 5\nE       AssertionError: assert 4 == 5\nE        +  where 4 = <Invoice object at 0x7f11223344d0>.number\n\ntests/test_invoice.py:61: AssertionError",
    ],
  },
  {
    language: "python",
    cause: "stock is not reserved",
    messages: [
      "assert 10 == 7\n +  where 10 = <bound method Stock.free of Stock(sku='A-1')>()\ndef test_reserve(stock):\n>       assert stock.free() == 7\nE       assert 10 == 7\nE        +  where 10 = <bound method Stock.free of Stock(sku='A-1')>()\n\ntests/test_stock.py:9: AssertionError",
      "assert 3 == 0\n +  where 3 = <bound method Stock.free of Stock(sku='B-77')>()\ndef test_reserve_all(stock):\n>       assert stock.free() == 0\nE       assert 3 == 0\nE        +  where 3 = <bound method Stock.free of Stock(sku='B-77')>()\n\ntests/test_stock.py:22: AssertionError",
      "assert 100 == 99\n +  where 100 = <bound method Stock.free of Stock(sku='C-104')>()\ndef test_reserve_one(stock):\n>       assert stock.free() == 99\nE       assert 100 == 99\nE        +  where 100 = <bound method Stock.free of Stock(sku='C-104')>()\n\ntests/api/test_stock_api.py:31: AssertionError",
    ],
  },
  {
    language: "python",
    cause: "settings file is missing",
    messages: [
      "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/tmpab12cd3e/settings.toml'",
      "FileNotFoundError: [Errno 2] No such file or directory: '/tmp/pytest-of-runner/pytest-4/test_load0/settings.toml'",
      "FileNotFoundError: [Errno 2] No such file or directory: '/private/var/folders/x1/9k2m/T/tmpzz81q0aa/settings.toml'",
    ],
  },
  {
    language: "python",
    cause: "settings file is not readable",
    messages: [
      "PermissionError: [Errno 13] Permission denied: '/tmp/tmpq1w2e3r4/settings.toml'",
      "PermissionError: [Errno 13] Permission denied: '/tmp/pytest-of-ci/pytest-11/test_mode0/settings.toml'",
      "PermissionError: [Errno 13] Permission denied: '/tmp/tmp09ol_8ik/settings.toml'",
    ],
  },
  {
    language: "python",
    cause: "dependency yaml is not installed",
    messages: [
      "ModuleNotFoundError: No module named 'yaml'\ntests/conftest.py:3: in <module>\n    import yaml",
      "ImportError while importing test module '/home/runner/builds/shop/shop/tests/test_cfg.py'.\nHint: make sure your test modules/packages have valid Python names.\nTraceback:\ntests/test_cfg.py:1: in <module>\n    import yaml\nE   ModuleNotFoundError: No module named 'yaml'",
      "ModuleNotFoundError: No module named 'yaml'\nsrc/shop/settings.py:9: in <module>\n    import yaml",
    ],
  },
  {
    language: "python",
    cause: "customer is None when mail is rendered",
    messages: [
      "AttributeError: 'NoneType' object has no attribute 'name'\nsrc/shop/mail.py:44: in render\n    return TEMPLATE.format(customer.name)\nE   AttributeError: 'NoneType' object has no attribute 'name'\n\nsrc/shop/mail.py:44: AttributeError",
      "AttributeError: 'NoneType' object has no attribute 'name'\nsrc/shop/mail.py:45: in render\nE   AttributeError: 'NoneType' object has no attribute 'name'\n\nsrc/shop/mail.py:45: AttributeError",
      "Traceback (most recent call last):\n  File \"/app/src/shop/mail.py\", line 44, in render\n    return TEMPLATE.format(customer.name)\nAttributeError: 'NoneType' object has no attribute 'name'",
    ],
  },
  {
    language: "python",
    cause: "product is None when price is shown",
    messages: [
      "AttributeError: 'NoneType' object has no attribute 'name'\nsrc/shop/prices.py:12: in show\n    return f'{product.name}'\nE   AttributeError: 'NoneType' object has no attribute 'name'\n\nsrc/shop/prices.py:12: AttributeError",
      "AttributeError: 'NoneType' object has no attribute 'name'\nsrc/shop/prices.py:15: in show\nE   AttributeError: 'NoneType' object has no attribute 'name'\n\nsrc/shop/prices.py:15: AttributeError",
      "Traceback (most recent call last):\n  File \"/builds/acme/shop/src/shop/prices.py\", line 12, in show\n    return f'{product.name}'\nAttributeError: 'NoneType' object has no attribute 'name'",
    ],
  },
  {
    language: "python",
    cause: "search service does not answer in time",
    messages: [
      "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='search', port=8080): Read timed out. (read timeout=5)",
      "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='search', port=8080): Read timed out. (read timeout=10)",
      "E   requests.exceptions.ReadTimeout: HTTPConnectionPool(host='search', port=8080): Read timed out. (read timeout=2.5)",
    ],
  },
  {
    language: "python",
    cause: "email of a customer is not unique",
    messages: [
      'sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "customers_email_key"\nDETAIL:  Key (email)=(a1@example.com) already exists.',
      'sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "customers_email_key"\nDETAIL:  Key (email)=(zoe@example.org) already exists.',
      'sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "customers_email_key"\nDETAIL:  Key (email)=(x.y+3@example.com) already exists.',
    ],
  },
  {
    language: "java",
    cause: "discount is applied twice",
    messages: [
      "org.opentest4j.AssertionFailedError: discount ==> expected: <10.0> but was: <19.0>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.shop.DiscountTest.once(DiscountTest.java:21)",
      "org.opentest4j.AssertionFailedError: discount ==> expected: <5.0> but was: <9.75>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.shop.DiscountTest.member(DiscountTest.java:39)",
      "org.opentest4j.AssertionFailedError: discount ==> expected: <50.0> but was: <75.0>\n\tat com.acme.shop.CouponTest.half(CouponTest.java:18)",
    ],
  },
  {
    language: "java",
    cause: "order of the queue is wrong",
    messages: [
      "org.opentest4j.AssertionFailedError: expected: <3> but was: <1>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.queue.PriorityTest.highFirst(PriorityTest.java:33)",
      "org.opentest4j.AssertionFailedError: expected: <7> but was: <2>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.queue.PriorityTest.lowLast(PriorityTest.java:47)",
      "expected: <9> but was: <4>\norg.opentest4j.AssertionFailedError: expected: <9> but was: <4>\n\tat com.acme.queue.PriorityTest.ties(PriorityTest.java:60)",
    ],
  },
  {
    language: "java",
    cause: "tax table has too few rows",
    messages: [
      "org.opentest4j.AssertionFailedError: expected: <27> but was: <26>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.tax.TaxTableTest.countries(TaxTableTest.java:15)",
      "org.opentest4j.AssertionFailedError: expected: <16> but was: <15>\n\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.acme.tax.TaxTableTest.states(TaxTableTest.java:24)",
      "expected: <27> but was: <25>\norg.opentest4j.AssertionFailedError: expected: <27> but was: <25>\n\tat com.acme.tax.TaxTableTest.countries(TaxTableTest.java:17)",
    ],
  },
  {
    language: "java",
    cause: "cart has no owner",
    messages: [
      'java.lang.NullPointerException: Cannot invoke "com.acme.shop.User.getId()" because "this.owner" is null\n\tat com.acme.shop.Cart.ownerId(Cart.java:31)\n\tat com.acme.shop.CartTest.guest(CartTest.java:12)',
      'java.lang.NullPointerException: Cannot invoke "com.acme.shop.User.getId()" because "this.owner" is null\n\tat com.acme.shop.Cart.ownerId(Cart.java:33)\n\tat com.acme.shop.CheckoutTest.guest(CheckoutTest.java:44)',
      'Cannot invoke "com.acme.shop.User.getId()" because "this.owner" is null\njava.lang.NullPointerException: Cannot invoke "com.acme.shop.User.getId()" because "this.owner" is null\n\tat com.acme.shop.Cart.ownerId(Cart.java:31)',
    ],
  },
  {
    language: "java",
    cause: "address has no country (an old JVM says nothing)",
    messages: [
      "java.lang.NullPointerException\n\tat com.acme.shop.Address.format(Address.java:52)\n\tat com.acme.shop.AddressTest.plain(AddressTest.java:9)",
      "java.lang.NullPointerException\n\tat com.acme.shop.Address.format(Address.java:52)\n\tat com.acme.shop.LabelTest.prints(LabelTest.java:20)",
      "java.lang.NullPointerException: null\n\tat com.acme.shop.Address.format(Address.java:55)\n\tat com.acme.shop.AddressTest.foreign(AddressTest.java:31)",
    ],
  },
  {
    language: "java",
    cause: "carrier has no rates (an old JVM says nothing)",
    messages: [
      "java.lang.NullPointerException\n\tat com.acme.shipping.Carrier.rate(Carrier.java:18)\n\tat com.acme.shipping.CarrierTest.cheapest(CarrierTest.java:14)",
      "java.lang.NullPointerException\n\tat com.acme.shipping.Carrier.rate(Carrier.java:18)\n\tat com.acme.shipping.QuoteTest.fastest(QuoteTest.java:26)",
      "java.lang.NullPointerException: null\n\tat com.acme.shipping.Carrier.rate(Carrier.java:21)",
    ],
  },
  {
    language: "java",
    cause: "context does not load: wrong password of the database",
    messages: [
      "java.lang.IllegalStateException: Failed to load ApplicationContext for [WebMergedContextConfiguration@4f2410ac testClass = com.acme.shop.OrderApiTest]\n\tat org.springframework.test.context.cache.DefaultCacheAwareContextLoaderDelegate.loadContext(DefaultCacheAwareContextLoaderDelegate.java:180)\nCaused by: org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flyway'\n\t... 17 more\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user \"shop\"\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:693)",
      'java.lang.IllegalStateException: Failed to load ApplicationContext for [WebMergedContextConfiguration@1b6d3586 testClass = com.acme.shop.CartApiTest]\n\tat org.springframework.test.context.cache.DefaultCacheAwareContextLoaderDelegate.loadContext(DefaultCacheAwareContextLoaderDelegate.java:180)\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "shop"\n\t... 9 more',
      'java.lang.IllegalStateException: Failed to load ApplicationContext for [MergedContextConfiguration@77b325b3 testClass = com.acme.shop.UserRepositoryTest]\n\tat org.springframework.test.context.cache.DefaultCacheAwareContextLoaderDelegate.loadContext(DefaultCacheAwareContextLoaderDelegate.java:180)\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "shop"',
    ],
  },
  {
    language: "java",
    cause: "context does not load: a bean is missing",
    messages: [
      "java.lang.IllegalStateException: Failed to load ApplicationContext for [WebMergedContextConfiguration@6e0dec4a testClass = com.acme.shop.OrderApiTest]\nCaused by: org.springframework.beans.factory.NoSuchBeanDefinitionException: No qualifying bean of type 'com.acme.shop.RateClient' available",
      "java.lang.IllegalStateException: Failed to load ApplicationContext for [WebMergedContextConfiguration@96def03 testClass = com.acme.shop.RateApiTest]\nCaused by: org.springframework.beans.factory.UnsatisfiedDependencyException: Error creating bean with name 'rates'\nCaused by: org.springframework.beans.factory.NoSuchBeanDefinitionException: No qualifying bean of type 'com.acme.shop.RateClient' available",
      "java.lang.IllegalStateException: Failed to load ApplicationContext for [WebMergedContextConfiguration@5ccddd20 testClass = com.acme.shop.CartApiTest]\nCaused by: org.springframework.beans.factory.NoSuchBeanDefinitionException: No qualifying bean of type 'com.acme.shop.RateClient' available",
    ],
  },
  {
    language: "java",
    cause: "address and phone of an import are lost",
    messages: [
      "org.opentest4j.MultipleFailuresError: Multiple Failures (2 failures)\n\torg.opentest4j.AssertionFailedError: street ==> expected: <Main St 1> but was: <null>\n\torg.opentest4j.AssertionFailedError: phone ==> expected: <555-0101> but was: <null>\n\tat org.junit.jupiter.api.AssertAll.assertAll(AssertAll.java:80)\n\tat com.acme.imports.CsvTest.contact(CsvTest.java:44)",
      "org.opentest4j.MultipleFailuresError: Multiple Failures (2 failures)\n\torg.opentest4j.AssertionFailedError: street ==> expected: <Main St 22> but was: <null>\n\torg.opentest4j.AssertionFailedError: phone ==> expected: <555-0199> but was: <null>\n\tat com.acme.imports.XlsTest.contact(XlsTest.java:37)",
      "org.opentest4j.MultipleFailuresError: Multiple Failures (2 failures)\n\torg.opentest4j.AssertionFailedError: street ==> expected: <Main St 7> but was: <null>\n\torg.opentest4j.AssertionFailedError: phone ==> expected: <555-0142> but was: <null>\n\tat com.acme.imports.CsvTest.contactAgain(CsvTest.java:61)",
    ],
  },
  {
    language: "go",
    cause: "parser accepts a bad date",
    messages: [
      "=== RUN   TestParse/empty\n    parse_test.go:31: \n        \tError Trace:\t/home/runner/builds/shop/shop/parse/parse_test.go:31\n        \tError:      \tAn error is expected but got nil.\n        \tTest:       \tTestParse/empty\n        \tMessages:   \tbad date must be refused\n--- FAIL: TestParse/empty (0.00s)",
      "=== RUN   TestParse/month_13\n    parse_test.go:31: \n        \tError Trace:\t/home/runner/builds/shop/shop/parse/parse_test.go:31\n        \tError:      \tAn error is expected but got nil.\n        \tTest:       \tTestParse/month_13\n        \tMessages:   \tbad date must be refused\n--- FAIL: TestParse/month_13 (0.01s)",
      "    api_test.go:77: \n        \tError Trace:\t/Users/jane/shop/api/api_test.go:77\n        \t            \t/Users/jane/shop/api/api_test.go:90\n        \tError:      \tAn error is expected but got nil.\n        \tTest:       \tTestAPI\n        \tMessages:   \tbad date must be refused",
    ],
  },
  {
    language: "go",
    cause: "status of a shipment is not updated",
    messages: [
      '    ship_test.go:52: \n        \tError Trace:\t/home/runner/builds/shop/shop/ship/ship_test.go:52\n        \tError:      \tNot equal: \n        \t            \texpected: "delivered"\n        \t            \tactual  : "in_transit"\n        \t            \t\n        \t            \tDiff:\n        \t            \t--- Expected\n        \tTest:       \tTestDelivered',
      '    ship_test.go:80: \n        \tError Trace:\t/home/runner/builds/shop/shop/ship/ship_test.go:80\n        \tError:      \tNot equal: \n        \t            \texpected: "delivered"\n        \t            \tactual  : "in_transit"\n        \tTest:       \tTestDeliveredTwice',
      '    hook_test.go:19: \n        \tError Trace:\t/builds/acme/shop/hook/hook_test.go:19\n        \tError:      \tNot equal: \n        \t            \texpected: "delivered"\n        \t            \tactual  : "in_transit"\n        \tTest:       \tTestHook',
    ],
  },
  {
    language: "go",
    cause: "number of retries is wrong",
    messages: [
      "    retry_test.go:40: \n        \tError Trace:\t/home/runner/builds/shop/shop/retry/retry_test.go:40\n        \tError:      \tNot equal: \n        \t            \texpected: 3\n        \t            \tactual  : 4\n        \tTest:       \tTestThree",
      "    retry_test.go:61: \n        \tError Trace:\t/home/runner/builds/shop/shop/retry/retry_test.go:61\n        \tError:      \tNot equal: \n        \t            \texpected: 5\n        \t            \tactual  : 6\n        \tTest:       \tTestFive",
      "    retry_test.go:40: \n        \tError Trace:\t/tmp/build-81/shop/retry/retry_test.go:40\n        \tError:      \tNot equal: \n        \t            \texpected: 1\n        \t            \tactual  : 2\n        \tTest:       \tTestOne",
    ],
  },
  {
    language: "go",
    cause: "counter is not locked",
    messages: [
      "==================\nWARNING: DATA RACE\nWrite at 0x00c0001a4018 by goroutine 9:\n  github.com/acme/shop/stats.(*Counter).Inc()\n      /home/runner/builds/shop/shop/stats/counter.go:14 +0x44\n\nPrevious read at 0x00c0001a4018 by goroutine 8:\n  github.com/acme/shop/stats.(*Counter).Value()\n      /home/runner/builds/shop/shop/stats/counter.go:21 +0x30\n==================\n    testing.go:1398: race detected during execution of test",
      "==================\nWARNING: DATA RACE\nRead at 0x00c000122118 by goroutine 31:\n  github.com/acme/shop/stats.(*Counter).Value()\n      /Users/jane/shop/stats/counter.go:21 +0x30\n\nPrevious write at 0x00c000122118 by goroutine 12:\n  github.com/acme/shop/stats.(*Counter).Inc()\n      /Users/jane/shop/stats/counter.go:14 +0x44\n==================",
      "==================\nWARNING: DATA RACE\nWrite at 0x00c0000b6020 by goroutine 77:\n  github.com/acme/shop/stats.(*Counter).Inc()\n      /builds/acme/shop/stats/counter.go:15 +0x44\n\nPrevious read at 0x00c0000b6020 by goroutine 76:\n  github.com/acme/shop/stats.(*Counter).Value()\n      /builds/acme/shop/stats/counter.go:22 +0x30\n==================",
    ],
  },
  {
    language: "go",
    cause: "session map is not locked",
    messages: [
      "==================\nWARNING: DATA RACE\nWrite at 0x00c00020e1b0 by goroutine 14:\n  github.com/acme/shop/session.(*Store).Put()\n      /home/runner/builds/shop/shop/session/store.go:40 +0x88\n\nPrevious write at 0x00c00020e1b0 by goroutine 15:\n  github.com/acme/shop/session.(*Store).Put()\n      /home/runner/builds/shop/shop/session/store.go:40 +0x88\n==================",
      "==================\nWARNING: DATA RACE\nWrite at 0x00c000010ab0 by goroutine 41:\n  github.com/acme/shop/session.(*Store).Put()\n      /home/runner/builds/shop/shop/session/store.go:40 +0x88\n\nPrevious write at 0x00c000010ab0 by goroutine 43:\n  github.com/acme/shop/session.(*Store).Put()\n      /home/runner/builds/shop/shop/session/store.go:40 +0x88\n==================",
      "==================\nWARNING: DATA RACE\nWrite at 0x00c0004441f0 by goroutine 6:\n  github.com/acme/shop/session.(*Store).Put()\n      /Users/jane/shop/session/store.go:43 +0x88\n\nPrevious write at 0x00c0004441f0 by goroutine 5:\n  github.com/acme/shop/session.(*Store).Put()\n      /Users/jane/shop/session/store.go:43 +0x88\n==================",
    ],
  },
  {
    language: "go",
    cause: "inventory client is nil",
    messages: [
      "panic: runtime error: invalid memory address or nil pointer dereference [recovered]\n\tpanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x51f0a3]\n\ngoroutine 19 [running]:\ntesting.tRunner.func1.2({0x55d2c0, 0x6f8a50})\n\t/usr/local/go/src/testing/testing.go:1632 +0x230\npanic({0x55d2c0?, 0x6f8a50?})\n\t/usr/local/go/src/runtime/panic.go:785 +0x132\ngithub.com/acme/shop/inventory.(*Client).Free(...)\n\t/home/runner/builds/shop/shop/inventory/client.go:27\ngithub.com/acme/shop/inventory.TestFree(0xc000118b60)\n\t/home/runner/builds/shop/shop/inventory/client_test.go:12 +0x24",
      "panic: runtime error: invalid memory address or nil pointer dereference [recovered]\n\tpanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a10b3]\n\ngoroutine 7 [running]:\ntesting.tRunner.func1.2({0x55d2c0, 0x6f8a50})\n\t/opt/go/src/testing/testing.go:1632 +0x230\ngithub.com/acme/shop/inventory.(*Client).Free(...)\n\t/Users/jane/shop/inventory/client.go:29\ngithub.com/acme/shop/orders.TestPlace(0xc000118b60)\n\t/Users/jane/shop/orders/place_test.go:41 +0x24",
      "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x4a10b3]\n\ngoroutine 34 [running]:\ngithub.com/acme/shop/inventory.(*Client).Free(...)\n\t/builds/acme/shop/inventory/client.go:27\ncreated by github.com/acme/shop/orders.Watch\n\t/builds/acme/shop/orders/watch.go:8 +0x1d",
    ],
  },
  {
    language: "go",
    cause: "rows are read past the end",
    messages: [
      "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 8 [running]:\ngithub.com/acme/shop/csv.readRow(...)\n\t/home/runner/builds/shop/shop/csv/read.go:55\ngithub.com/acme/shop/csv.TestShort(0xc0001a2340)\n\t/home/runner/builds/shop/shop/csv/read_test.go:19 +0x3c",
      "panic: runtime error: index out of range [7] with length 5 [recovered]\n\tpanic: runtime error: index out of range [7] with length 5\n\ngoroutine 21 [running]:\ntesting.tRunner.func1.2({0x55d2c0, 0x6f8a50})\n\t/usr/local/go/src/testing/testing.go:1632 +0x230\ngithub.com/acme/shop/csv.readRow(...)\n\t/home/runner/builds/shop/shop/csv/read.go:57\ngithub.com/acme/shop/csv.TestLong(0xc0001a2340)\n\t/home/runner/builds/shop/shop/csv/read_test.go:40 +0x3c",
      "panic: runtime error: index out of range [1] with length 0\n\ngoroutine 5 [running]:\ngithub.com/acme/shop/csv.readRow(...)\n\t/Users/jane/shop/csv/read.go:55\ngithub.com/acme/shop/csv.TestEmpty(0xc0001a2340)\n\t/Users/jane/shop/csv/read_test.go:60 +0x3c",
    ],
  },
  {
    language: "go",
    cause: "rates service does not answer in time",
    messages: [
      '    rates_test.go:22: Get "http://127.0.0.1:41233/v1/rates?day=2026-11-30": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      '    rates_test.go:22: Get "http://127.0.0.1:38811/v1/rates?day=2026-12-01": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      '    quote_test.go:64: Get "http://127.0.0.1:40121/v1/rates?day=2026-11-02": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
  },
  {
    language: "rust",
    cause: "encoder drops the last byte",
    messages: [
      "thread 'codec::tests::short' panicked at src/codec.rs:88:9:\nassertion `left == right` failed: encoded length\n  left: 3\n right: 4\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
      "thread 'codec::tests::long' panicked at src/codec.rs:101:9:\nassertion `left == right` failed: encoded length\n  left: 255\n right: 256",
      "thread 'codec::tests::prop' (24117) panicked at src/codec.rs:131:13:\nassertion `left == right` failed: encoded length\n  left: 16\n right: 17",
    ],
  },
  {
    language: "rust",
    cause: "ids are not increasing",
    messages: [
      "thread 'ids::tests::next' panicked at src/ids.rs:40:9:\nassertion `left == right` failed\n  left: 7\n right: 8\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
      "thread 'ids::tests::twice' panicked at src/ids.rs:52:9:\nassertion `left == right` failed\n  left: 1\n right: 2",
      "thread 'ids::tests::many' (9120) panicked at src/ids.rs:66:9:\nassertion `left == right` failed\n  left: 99\n right: 100",
    ],
  },
  {
    language: "rust",
    cause: "config key is missing",
    messages: [
      "thread 'config::tests::load' panicked at src/config.rs:31:38:\ncalled `Option::unwrap()` on a `None` value",
      "thread 'main' panicked at src/config.rs:33:38:\ncalled `Option::unwrap()` on a `None` value\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
      "thread 'server::tests::boots' panicked at src/config.rs:31:38:\ncalled `Option::unwrap()` on a `None` value",
    ],
  },
  {
    language: "rust",
    cause: "token list is empty",
    messages: [
      "thread 'lexer::tests::empty' panicked at src/lexer.rs:77:30:\ncalled `Option::unwrap()` on a `None` value",
      "thread 'lexer::tests::blank' panicked at src/lexer.rs:77:30:\ncalled `Option::unwrap()` on a `None` value",
      "thread 'parser::tests::nothing' (771) panicked at src/lexer.rs:79:30:\ncalled `Option::unwrap()` on a `None` value",
    ],
  },
  {
    language: "rust",
    cause: "test server's address is in use",
    messages: [
      "thread 'http::tests::get' panicked at src/http.rs:18:57:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
      "thread 'http::tests::post' panicked at src/http.rs:18:57:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
      "thread 'http::tests::put' (442) panicked at src/http.rs:20:57:\ncalled `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
    ],
  },
  {
    language: "c#",
    cause: "VAT of a book is wrong",
    messages: [
      "Assert.Equal() Failure: Values differ\nExpected: 0.07\nActual:   0.19\n   at Shop.Tests.VatTests.Book() in /home/runner/builds/shop/shop/tests/VatTests.cs:line 18\n   at System.RuntimeMethodHandle.InvokeMethod(Object target)",
      "Xunit.Sdk.EqualException : Assert.Equal() Failure: Values differ\nExpected: 0.07\nActual:   0.19\n   at Shop.Tests.VatTests.Ebook() in D:\\a\\shop\\shop\\tests\\VatTests.cs:line 33",
      "Assert.Equal() Failure: Values differ\nExpected: 1.40\nActual:   3.80\n   at Shop.Tests.VatTests.TwoBooks() in /home/runner/builds/shop/shop/tests/VatTests.cs:line 41",
    ],
  },
  {
    language: "c#",
    cause: "page size is ignored",
    messages: [
      "Assert.Equal() Failure: Values differ\nExpected: 20\nActual:   50\n   at Shop.Tests.PagingTests.Default() in /home/runner/builds/shop/shop/tests/PagingTests.cs:line 12",
      "Assert.Equal() Failure: Values differ\nExpected: 5\nActual:   50\n   at Shop.Tests.PagingTests.Small() in /home/runner/builds/shop/shop/tests/PagingTests.cs:line 25",
      "Xunit.Sdk.EqualException : Assert.Equal() Failure: Values differ\nExpected: 10\nActual:   50\n   at Shop.Tests.PagingTests.Ten() in D:\\a\\shop\\shop\\tests\\PagingTests.cs:line 31",
    ],
  },
  {
    language: "c#",
    cause: "mail sender is not injected",
    messages: [
      "System.NullReferenceException : Object reference not set to an instance of an object.\n   at Shop.Mail.Outbox.Send(Message message) in /home/runner/builds/shop/shop/src/Mail/Outbox.cs:line 27\n   at Shop.Tests.OutboxTests.Sends() in /home/runner/builds/shop/shop/tests/OutboxTests.cs:line 14",
      "System.NullReferenceException : Object reference not set to an instance of an object.\n   at Shop.Mail.Outbox.Send(Message message) in D:\\a\\shop\\shop\\src\\Mail\\Outbox.cs:line 29\n   at Shop.Tests.OrderTests.Confirms() in D:\\a\\shop\\shop\\tests\\OrderTests.cs:line 71",
      "System.NullReferenceException: Object reference not set to an instance of an object.\n   at Shop.Mail.Outbox.Send(Message message) in /builds/acme/shop/src/Mail/Outbox.cs:line 27",
    ],
  },
  {
    language: "c#",
    cause: "gateway is unreachable behind a wrapper",
    messages: [
      "System.AggregateException : One or more errors occurred. (Resource temporarily unavailable (pay.internal:443))\n---- System.Net.Http.HttpRequestException : Resource temporarily unavailable (pay.internal:443)",
      "System.AggregateException : One or more errors occurred. (Resource temporarily unavailable (pay.internal:443))\n   at System.Threading.Tasks.Task.Wait()",
      "System.AggregateException : One or more errors occurred. (Resource temporarily unavailable (pay2.internal:443))",
    ],
  },
  {
    language: "php",
    cause: "slug of a title is wrong",
    messages: [
      "Tests\\SlugTest::testUmlaut\nFailed asserting that two strings are identical.\n--- Expected\n+++ Actual\n@@ @@\n-'gruen'\n+'grn'\n\n/home/runner/builds/shop/shop/tests/SlugTest.php:14",
      "Tests\\SlugTest::testTwice\nFailed asserting that two strings are identical.\n--- Expected\n+++ Actual\n@@ @@\n-'gruen'\n+'grn'\n\n/builds/acme/shop/tests/SlugTest.php:31",
      "Failed asserting that two strings are identical.\n--- Expected\n+++ Actual\n@@ @@\n-'gruen'\n+'grn'\n\n/home/runner/builds/shop/shop/tests/UrlTest.php:22",
    ],
  },
  {
    language: "php",
    cause: "number of open orders is wrong",
    messages: [
      "Failed asserting that 3 matches expected 2.\n\n/home/runner/builds/shop/shop/tests/OpenOrdersTest.php:18",
      "Failed asserting that 12 matches expected 11.\n\n/home/runner/builds/shop/shop/tests/OpenOrdersTest.php:40",
      "Failed asserting that 1 matches expected 0.\n\n/builds/acme/shop/tests/OpenOrdersTest.php:52",
    ],
  },
  {
    language: "php",
    cause: "number of archived mails is wrong",
    messages: [
      "Failed asserting that 7 matches expected 9.\n\n/home/runner/builds/shop/shop/tests/MailArchiveTest.php:20",
      "Failed asserting that 0 matches expected 4.\n\n/home/runner/builds/shop/shop/tests/MailArchiveTest.php:35",
      "Failed asserting that 100 matches expected 120.\n\n/builds/acme/shop/tests/MailArchiveTest.php:61",
    ],
  },
  {
    language: "php",
    cause: "repository is not set",
    messages: [
      "Error: Call to a member function find() on null\n\n/home/runner/builds/shop/shop/src/Basket.php:31\n/home/runner/builds/shop/shop/tests/BasketTest.php:12",
      "Error: Call to a member function find() on null\n\n/home/runner/builds/shop/shop/src/Basket.php:34\n/home/runner/builds/shop/shop/tests/CheckoutTest.php:55",
      "Error: Call to a member function find() on null\n\n/builds/acme/shop/src/Basket.php:31\n/builds/acme/shop/tests/BasketTest.php:27",
    ],
  },
  {
    language: "ruby",
    cause: "points of a purchase are wrong",
    messages: [
      "Failure/Error: expect(customer.points).to eq(points)\n\n  expected: 10\n       got: 0\n\n  (compared using ==)\n# ./spec/points_spec.rb:14:in `block (2 levels) in <top (required)>'",
      "Failure/Error: expect(customer.points).to eq(points)\n\n  expected: 25\n       got: 20\n\n  (compared using ==)\n# ./spec/points_spec.rb:29:in `block (2 levels) in <top (required)>'",
      "Failure/Error: expect(customer.points).to eq(points)\n\n  expected: 1\n       got: 0\n\n  (compared using ==)\n# ./spec/orders_spec.rb:80:in `block (3 levels) in <top (required)>'",
    ],
  },
  {
    language: "ruby",
    cause: "basket has no customer",
    messages: [
      "Failure/Error: customer.name.upcase\n\nNoMethodError:\n  undefined method `upcase' for nil\n# ./app/models/basket.rb:22:in `label'\n# ./spec/basket_spec.rb:9:in `block (2 levels) in <top (required)>'",
      "Failure/Error: customer.name.upcase\n\nNoMethodError:\n  undefined method `upcase' for nil\n# ./app/models/basket.rb:24:in `label'\n# ./spec/basket_spec.rb:31:in `block (2 levels) in <top (required)>'",
      "Failure/Error: customer.name.upcase\n\nNoMethodError:\n  undefined method `upcase' for nil\n# ./app/models/basket.rb:22:in `label'\n# ./spec/mail_spec.rb:12:in `block (3 levels) in <top (required)>'",
    ],
  },
  {
    language: "ruby",
    cause: "product is not saved without a title",
    messages: [
      "ActiveRecord::RecordInvalid: Validation failed: Title can't be blank\n# ./app/models/product.rb:40:in `publish!'",
      "ActiveRecord::RecordInvalid: Validation failed: Title can't be blank\n# ./app/models/product.rb:41:in `publish!'",
      "ActiveRecord::RecordInvalid:\n  Validation failed: Title can't be blank\n# ./spec/product_spec.rb:12:in `block (2 levels) in <top (required)>'",
    ],
  },
];
