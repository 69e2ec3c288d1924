import { type GoldSession, says } from "./_gold-session.ts";

export const WORDS: readonly GoldSession[] = [
  says(
    "a list under a heading",
    "I built the page.\n\n**Remaining work:**\n- Translate the labels\n- ~~Sort the rooms~~\n- Send a receipt by mail\n\nTell me what you think.",
    ["Translate the labels", "open"],
    ["Send a receipt by mail", "open"],
  ),
  says(
    "boxes",
    "Status:\n- [x] Form\n- [ ] Validate the phone number\n- [ ] Show the price",
    ["Validate the phone number", "open"],
    ["Show the price", "open"],
  ),
  says("a sentence", "The form works. I haven't tested it on Safari yet.", [
    "I haven't tested it on Safari yet.",
    "open",
  ]),
  says(
    "what could not be done",
    "The page is up, but I could not verify the payment flow because the sandbox has no network.",
    [
      "The page is up, but I could not verify the payment flow because the sandbox has no network.",
      "open",
    ],
  ),
  says("what still has to be", "Dates are stored in UTC. The old rows still need to be migrated.", [
    "The old rows still need to be migrated.",
    "open",
  ]),
  says("waiting", "Everything compiles. Deployment is blocked by the missing DNS entry.", [
    "Deployment is blocked by the missing DNS entry.",
    "blocked",
  ]),
  says("on the line itself", "Done with the form.\nTODO: wire up the cancel button", [
    "wire up the cancel button",
    "open",
  ]),
  says("tests", "I changed the parser, two tests are still failing in the invoice suite.", [
    "I changed the parser, two tests are still failing in the invoice suite.",
    "open",
  ]),
  says("not yet", "The search box is in place. Paging is not yet implemented.", [
    "Paging is not yet implemented.",
    "open",
  ]),
  says("a stub", "The mail sender is stubbed out for now.", [
    "The mail sender is stubbed out for now.",
    "open",
  ]),
  says("in a rule that nobody wrote", "The export half works; PDF comes tomorrow.", [
    "PDF comes tomorrow",
    "open",
  ]),
  says("all is well", "All done. No remaining work, every test passes and nothing is blocked."),
  says(
    "scope",
    "I didn't touch the checkout, as you asked. The form no longer needs to be reloaded.",
  ),
  says("an offer", "Next steps: if you want, I could also add dark mode. Should I?"),
  says("history", "Previously the dates had not been validated; they are now."),
  says(
    "code and quotation",
    "Fixed.\n```\n# TODO: remaining: nothing here\n- [ ] not a task\n```\n> I still need to fix the header",
  ),
  says(
    "how it works",
    "Rows remain locked until the job is finished. The queue waits for the worker.",
  ),
  says("a condition", "If the build is still failing, run it again with a clean cache."),
  {
    name: "done later",
    said: [
      { user: "Build it" },
      {
        last: "Built.\n\n### Still to do\n1. Write the migration for rooms\n2. Document the price rules",
      },
      { user: "Now write the migration" },
      { last: "I have written the migration for rooms and run it." },
    ],
    tasks: [
      ["unfinished-words", "Write the migration for rooms", "done"],
      ["unfinished-words", "Document the price rules", "open"],
    ],
  },
  {
    name: "gone on with",
    said: [
      { user: "Build it" },
      { last: "Half of it is there. I still need to connect the till." },
      { user: "ok, go ahead" },
      { last: "The whole flow runs end to end." },
    ],
    tasks: [["unfinished-words", "I still need to connect the till.", "superseded"]],
  },
  {
    name: "words in the middle of a turn",
    said: [
      { user: "Build it" },
      { reply: "I still need to add the form." },
      { run: "touch form" },
      { last: "Here it is." },
    ],
    tasks: [],
  },
];
