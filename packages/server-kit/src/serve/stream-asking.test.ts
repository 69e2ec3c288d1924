import { type JsonObject, META } from "@trestle/protocol";
import { expect, test } from "vitest";
import { call, connect, ENVELOPE } from "./_stream.ts";

const askName = (params: JsonObject): JsonObject => {
  const answers = params.inputResponses as JsonObject | undefined;
  if (answers) return { content: [], answers, requestState: params.requestState };
  return {
    resultType: "input_required",
    inputRequests: { who: { method: "elicitation/create", params: { message: "Name?" } } },
    requestState: "sealed",
  };
};

test("input that a call requires is asked of a legacy client in the middle of the call", async () => {
  const peer = connect({ "tools/call": askName });
  await peer.handshake({ elicitation: {} });
  peer.send(call(1, { name: "t" }, false));
  const question = await peer.next((message) => message.method === "elicitation/create");
  expect(question.message.params).toEqual({ message: "Name?" });
  peer.send({
    id: question.message.id as number,
    result: { action: "accept", content: { name: "Ada" } },
  });
  expect((await peer.response(1)).message.result).toEqual({
    content: [],
    answers: { who: { action: "accept", content: { name: "Ada" } } },
    requestState: "sealed",
  });
});

test("a legacy client that cannot be asked gets a result that says so", async () => {
  const peer = connect({ "tools/call": askName });
  await peer.handshake();
  peer.send(call(1, { name: "t" }, false));
  expect((await peer.response(1)).message.result).toMatchObject({ isError: true });
});

test("a legacy client is asked at most eight times for one call", async () => {
  const peer = connect({ "tools/call": () => askName({}) });
  await peer.handshake({ elicitation: {} });
  peer.send(call(1, { name: "t" }, false));
  peer.output.on("data", (chunk: Buffer) => {
    const message = JSON.parse(chunk.toString()) as JsonObject;
    if (message.method) peer.send({ id: message.id as number, result: { action: "decline" } });
  });
  expect((await peer.response(1)).message.result).toMatchObject({ isError: true });
  expect(peer.instance.requests).toHaveLength(9);
});

test("required input passes to a modern client, and its answers back, as they are", async () => {
  const peer = connect({ "tools/call": askName });
  const capabilities = { ...ENVELOPE, [META.clientCapabilities]: { elicitation: {} } };
  peer.send(call(1, { name: "t", _meta: capabilities }, true));
  expect((await peer.response(1)).message.result).toMatchObject(askName({}));
  const inputResponses = { who: { action: "accept", content: { n: 1 } } };
  const retry = { name: "t", _meta: capabilities, inputResponses, requestState: "sealed" };
  peer.send(call(2, retry, true));
  expect((await peer.response(2)).message.result).toMatchObject({
    answers: inputResponses,
    requestState: "sealed",
  });
});

test("a modern client is not asked for what it did not declare", async () => {
  const peer = connect({ "tools/call": askName });
  peer.send(call(1, { name: "t" }, true));
  expect((await peer.response(1)).message.error).toMatchObject({
    code: -32021,
    data: { requiredCapabilities: { elicitation: {} } },
  });
});
