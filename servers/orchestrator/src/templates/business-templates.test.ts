import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { fails, of, open } from "./_opened.ts";
import type { Answers } from "./_world.ts";

describe("customer_onboarding", () => {
  const input = { name: "Ann", email: "ann@example.com", price: "price_1" };

  /** Stripe with what is there, and a table of customers. */
  function shop() {
    const things = new Set<string>();
    const rows = new Set<string>();
    const made = (id: string, object: string) => {
      things.add(id);
      return { id, object };
    };
    const gone = (id: unknown) => ({ id: String(id), deleted: things.delete(String(id)) });
    const answers: Answers = {
      "stripe.stripe_api_write"({ stripe_api_operation_id: operation, parameters }) {
        const given = isJsonObject(parameters) ? parameters : {};
        if (operation === "PostCustomers") return made("cus_1", "customer");
        if (operation === "PostSubscriptions") return made("sub_1", "subscription");
        if (operation === "DeleteCustomersCustomer") return gone(given.customer);
        return gone(given.subscription_exposed_id);
      },
      "database.insert_rows"({ rows: given }) {
        const [row] = given as JsonObject[];
        rows.add(String(row?.id));
        return { affectedRows: 1, rows: [] };
      },
      "database.delete_rows"({ where }) {
        rows.delete(String((where as JsonObject).id));
        return { affectedRows: 1, rows: [] };
      },
      "gmail.send_email": () => "Email sent successfully with ID: 1",
    };
    return { things, rows, answers };
  }

  test("makes all of it", async () => {
    const { things, rows, answers } = shop();
    const { run, calls } = open(answers);
    expect(await run("customer_onboarding", input)).toMatchObject({
      status: "succeeded",
      output: { customer: "cus_1", subscription: "sub_1" },
    });
    expect([...things, ...rows]).toEqual(["cus_1", "sub_1", "cus_1"]);
    expect(of(calls, "gmail.send_email")[0]).toMatchObject({ to: ["ann@example.com"] });
  });

  test("leaves nothing where the database refuses", async () => {
    const { things, rows, answers } = shop();
    const { run } = open({ ...answers, "database.insert_rows": fails("duplicate key") });
    expect(await run("customer_onboarding", input)).toMatchObject({
      status: "failed",
      failedSteps: ["keep"],
      undone: [{ step: "subscription" }, { step: "customer" }],
    });
    expect([...things, ...rows]).toEqual([]);
  });

  test("a welcome that cannot be sent undoes nothing", async () => {
    const { things, answers } = shop();
    const { run } = open({ ...answers, "gmail.send_email": fails("no such mailbox") });
    const ended = await run("customer_onboarding", input);
    expect(ended).toMatchObject({ status: "succeeded", failedSteps: ["welcome"] });
    expect([...things]).toEqual(["cus_1", "sub_1"]);
  });

  test("an address that is none begins nothing", async () => {
    const world = open(shop().answers);
    await expect(
      world.run("customer_onboarding", { ...input, email: "ann at example" }),
    ).rejects.toThrow("email must match pattern");
    expect(world.calls).toEqual([]);
  });
});

const page = { text: "Reserva ABC", pages: 1, method: "ocr", language: "por+eng" };
const reservation = { code: "A1", property: "Casa", guest: "Ann", check_in: "2026-07-01" };

describe("ocr_processing", () => {
  const answers: Answers = {
    "documents.extract_text": () => page,
    "documents.analyze_content": () => ({ language: "por", kind: "reservation", summary: "One" }),
    "database.upsert_rows": ({ rows }) => ({ affectedRows: (rows as unknown[]).length, rows: [] }),
  };

  test("reads, analyses and stores", async () => {
    const { run, calls } = open(answers);
    expect(await run("ocr_processing", { path: "a.pdf" })).toMatchObject({
      status: "succeeded",
      completedSteps: ["extract_text", "analyze_content", "store_data"],
      output: { pages: 1, method: "ocr", kind: "reservation" },
    });
    expect(of(calls, "database.upsert_rows")[0]?.rows).toEqual([
      expect.objectContaining({ path: "a.pdf", content: "Reserva ABC", language: "por" }),
    ]);
  });

  test("a database that comes back is tried again; what was read is not read again", async () => {
    let tries = 0;
    const { run, calls } = open({
      ...answers,
      "database.upsert_rows": () => {
        tries += 1;
        return tries < 3 ? fails("connection lost")() : { affectedRows: 1, rows: [] };
      },
    });
    expect(await run("ocr_processing", { path: "a.pdf" })).toMatchObject({ status: "succeeded" });
    expect(of(calls, "documents.extract_text")).toHaveLength(1);
    expect(tries).toBe(3);
  });
});

describe("property_management", () => {
  const input = { path: "a.pdf", from: "2026-07-01", to: "2026-08-01" };
  const answers: Answers = {
    "documents.extract_text": () => page,
    "documents.extract_reservations": () => ({ count: 1, reservations: [reservation] }),
    "database.upsert_rows": () => ({ affectedRows: 1, rows: [] }),
    "database.select_rows": () => ({ rows: [reservation], rowCount: 1, truncated: false }),
    "documents.calendar": () => ({ days: [{ day: "2026-07-01", guests: ["Ann"] }] }),
    "documents.occupancy": () => ({ nights: 31, occupied: 1, rate: 0.0323 }),
  };

  test("stores the reservations and gives the calendar", async () => {
    const { run, calls } = open(answers);
    expect(await run("property_management", input)).toMatchObject({
      status: "succeeded",
      output: { stored: 1, calendar: [{ day: "2026-07-01" }], occupancy: { occupied: 1 } },
    });
    expect(of(calls, "database.upsert_rows")[0]).toMatchObject({
      ...{ table: "reservations", conflictColumns: ["code"], rows: [reservation] },
    });
  });

  test("a document without reservations stores nothing and says so", async () => {
    const none = { count: 0, reservations: [] };
    const { run, calls } = open({ ...answers, "documents.extract_reservations": () => none });
    expect(await run("property_management", input)).toMatchObject({
      status: "failed",
      errors: [{ step: "found", message: "There is no reservation in the document" }],
    });
    expect(of(calls, "database.upsert_rows")).toEqual([]);
  });
});
