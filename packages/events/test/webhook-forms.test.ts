import { until } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import type { WebhookForm } from "../src/index.ts";
import { type Received, startReceiver } from "./_receiver.ts";
import { event, open, targetOf } from "./_webhooks.ts";

describe("the form of", () => {
  const payload = { text: "<!channel> & ```@everyone```", list: "x".repeat(5_000) };

  async function bodyOf(form: WebhookForm) {
    const receiver = await startReceiver();
    const { webhooks } = await open([targetOf(receiver, { form })]);
    await webhooks.enqueue({ ...event, payload });
    await until("delivered", () => receiver.received.length === 1);
    const { headers, body } = receiver.received[0] as Received;
    return { headers, body: JSON.parse(body) };
  }

  test("Slack mentions nobody", async () => {
    const { body } = await bodyOf({ kind: "slack" });
    expect(Object.keys(body)).toEqual(["text"]);
    expect(body.text).toMatch(/^\*call\.failed\*\n```/);
    expect(body.text).not.toMatch(/<!/);
    expect(body.text.length).toBeLessThan(3_100);
  });

  test("Discord mentions nobody and keeps within 2,000 characters", async () => {
    const { body } = await bodyOf({ kind: "discord" });
    expect(body.allowed_mentions).toEqual({ parse: [] });
    expect(body.content.length).toBeLessThanOrEqual(2_000);
    expect(body.content.match(/```/g)).toHaveLength(2);
  });

  test("GitHub dispatches an event to the repository", async () => {
    const { headers, body } = await bodyOf({ kind: "github", token: "t0ken" });
    expect(headers).toMatchObject({
      authorization: "Bearer t0ken",
      accept: "application/vnd.github+json",
    });
    expect(body).toEqual({
      event_type: "call.failed",
      client_payload: { event: { ...event, payload } },
    });
  });

  test("a GitHub issue mentions nobody, and nothing written ends its block", async () => {
    const { headers, body } = await bodyOf({
      ...{ kind: "github-issue", token: "t0ken", labels: ["knowledge"] },
    });
    expect(headers.authorization).toBe("Bearer t0ken");
    expect(body).toMatchObject({ title: "call.failed", labels: ["knowledge"] });
    const [, fence = ""] = /^(`+)json\n/.exec(body.body) ?? [];
    expect(body.body.endsWith(`\n${fence}`)).toBe(true);
    expect(body.body.slice(fence.length, -fence.length)).not.toContain(fence);
  });

  test("Datadog is an event with a title, a text and tags", async () => {
    const { headers, body } = await bodyOf({ kind: "datadog", apiKey: "k3y", tags: ["env:test"] });
    expect(headers["dd-api-key"]).toBe("k3y");
    expect(body).toMatchObject({
      title: "call.failed",
      date_happened: event.time / 1_000,
      tags: ["topic:call.failed", "env:test"],
    });
    expect(body.text.length).toBeLessThanOrEqual(4_000);
  });
});
