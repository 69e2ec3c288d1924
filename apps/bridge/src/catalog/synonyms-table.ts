/**
 * What people say and what tools say for the same thing: general English, the trade's own words, and what
 * well-known products are known for. `MEANINGS` are groups whose words may all stand for each other, `NEAR` are pairs:
 * a word, and those that each alone may stand for it and it for them.
 */
export const MEANINGS = `
list all every which exist existing show see enumerate there available have; get fetch retrieve
read show display view see open look give tell load obtain pull return what access; describe
detail details info information about metadata inspect explain properties tell more; create make
new add start build set up provision generate begin initialise register open need spin; write save
store put persist keep record; update change edit modify alter adjust patch tweak replace revise
overwrite configure set; delete remove erase drop destroy discard trash forget clear wipe purge
throw away rid take uninstall teardown tear down unbind detach eliminate; search find look query
seek locate discover google lookup where; send post tell publish say announce submit put notify;
reply answer respond comment thread below; comment remark note feedback say said discussion
review; run execute invoke call trigger launch start perform evaluate kick; stop end finish halt
quit terminate cancel close done disable over; start begin launch initiate resume kick; resume
continue proceed; pause suspend sleep freeze hold; wait hold pause until till appear; connect
login log attach link join hook reach; disconnect hang logout leave; copy duplicate clone fork;
move relocate transfer reorder put; rename call name; merge combine land integrate join; count
many number total amount; sum add plus addition total; size big large disk storage space bytes
how; biggest largest size sizes; upload attach file put send; download save fetch export pull;
export dump backup save; deploy ship release publish roll out push launch install; install deploy
setup; upgrade update newer bump scale; scale replica replicas size resize instances; rollback
revert undo previous back restore earlier; rollout previous revision revert undo restart; version
release revision earlier history; latest recent current newest today news fresh; history past
recent lately previous earlier log; log logs print printed output message messages event events;
error exception crash bug problem failure fail; issue ticket bug report problem; pull pr request;
pr review approve approval reviewer; commit change changed history push; repository repo project
codebase; file document doc text; folder directory path dir; tree nested hierarchy layout
structure recursive; environment env variable setting settings shell config; config configuration
settings file toml; echo repeat same back; image picture photo icon drawing logo png jpg graphic;
screenshot picture image capture snapshot photo; snapshot tree elements structure; video film
movie screencast record recording; record recording film capture watch; audio sound voice; click
press push tap hit button; press hit key keyboard; type write enter key input; fill enter complete
type put input form; form fields inputs signup; hover mouse over pointer; drag pull slide; pointer
mouse cursor; page site website web url tab; tab page window; window viewport size; navigate go
open visit browse url address load back return; back return previous; dropdown select choose
option pick; select choose pick option switch; switch toggle turn select change; toggle switch
turn on off enable disable; dialog popup alert confirm prompt box; emulate pretend simulate mock
fake throttle; simulate pretend fake; dark light scheme color mode; network http request requests
fetch traffic call calls xhr; response body payload answer; console devtools javascript;
javascript js script code; code source script snippet; script code program; evaluate run execute
js; trace tracing profile recording; performance slow speed fast profile; optimise recommend
advisor suggestion advice improve; recommend suggest advise; audit score seo lighthouse
accessibility; accessibility a11y aria; memory heap leak; css style stylesheet rule; verify assert
check ensure confirm validate test expect; check verify status test; status state finished done
progress passed ci ready; visible shown appear says see; text words says; element button item;
crawl spider follow links pages site; map sitemap urls addresses links structure; scrape text
content page markdown extract; extract pull content text structured; parse convert turn read;
research investigate report study thorough deep; paper article arxiv scientific publication study;
related similar cite cited citation; monitor watch track notify alert changes observe; schedule
cron nightly daily hourly every time; cron schedule trigger; alarm wake timer reminder; alert
warning alarm notification; diff difference changed change changes; feedback rate complain opinion
rating tell bad; agent autonomous researcher; user person people member colleague account who;
user login account credentials; users people members who; profile person phone title; channel
history said messages; message post text; message job task item; batch several many multiple
together bulk hundred ten; multiple several many various together five; reaction emoji thumbs;
geocode coordinates latitude longitude lat lng address; address street location place; place
restaurant shop business near; directions route drive way navigate walk; distance far long travel;
elevation height high altitude sea level; block paragraph content; children nested inside child
below; append end add; property attribute field value; template starter boilerplate example;
database db dbs; table collection database data source; document record row entry; schema fields
columns structure shape; column field property; filter where matching; index indexes speed lookup;
explain plan why; aggregate group pipeline total; stats statistics usage figures; usage analytics
metrics invoked visitors traffic; analytics visitors traffic statistics often; insert put add
records; query select look find rows; sql select rows sqlite; access allow let permit reach;
access list ip; region regions world location where; sample demo example dummy; organization
organisation org company; stream streaming kafka; tier larger plan instance; docs documentation
manual guide reference; knowledge manual documentation; library package framework; entity person
thing company; relation link relationship connection; observation fact note; knowledge graph
remember memory; think reason step puzzle problem; storage bucket store; object file item blob;
key entry pair; kv key value; secret token password credential safely; domain hostname host; route
pattern url; binding bound bind call other another; worker script code; inference run model; text
generation write poem llm; image generation draw picture; workflow pipeline process; apply roll
yaml; logs print printed; helm chart release; node machine server; drain maintenance cordon
evacuate; forward tunnel port; exec shell command run; context cluster switch; resource object
kind; patch merge field; ping alive there responsive; cleanup tidy clean; compress zip gzip shrink
smaller; design figma screen; icon svg image; allowed permitted may; modified changed last; info
details modified; subscribe subscription notices updates; logging log messages; operation task
job; chapter title card; caption callout annotate label; annotate draw mark; highlight box outline
mark; google search web; online web internet; what list get; chat channel message; pod resource
kubernetes; deployment resource kubernetes; ingress resource kubernetes; namespace resource
kubernetes; container pod kubernetes; repository github git; branch github git; commit github git;
cluster kubernetes atlas; ci status checks; touch files changed; touched files changed; llm text
generation; draw image generation; acknowledge delete message; pair key value; modified info
metadata; manual docs knowledge; offline emulate network; phone emulate device; caption actions
video; refresh reload navigate; enlarge resize scale; bigger upgrade scale; larger upgrade scale;
again retry reconnect; inbox email mailbox; attachment attached file; label folder tag; meeting
event calendar; appointment event calendar; broken failed failure; break fail failure; terminal
shell process; payment pay charge; invoice bill payment; outage alert incident; spreadsheet excel
sheet; iphone ios simulator; reach cover coverage; controls ui elements; weather forecast
temperature; quota limit remaining; followers all broadcast; everybody all broadcast; everyone all
broadcast; fancy rich custom; once rerun again; valid validate check; background session process;
page pagination offset; sources code source; address url path; produce artifacts output; restart
start stop; setting config defaults; preference defaults settings; automatically filter rule auto;
numbers data statistics; clean clear delete; approval approve review; phone details profile; wide
width resize; pixels width resize; disk storage size; kinds types resources; inside in exec;
import load insert; seed load insert; populate insert load; health status ping; happened history
events
`;

export const NEAR = `
abort: stop cancel; about: search; accept: handle; account: user; activate: enable; active: list;
add: create append; address: url; adjust: update; advise: advisor; alert: dialog; alive: ping;
allergic: observation; altitude: elevation; am: current; annotated: marked; announce: post
broadcast; answer: reply; any: search list; anyone: users search; anywhere: recursively; appear:
visible; append: write; application: app; approve: review; archive: label modify delete; aria:
accessibility snapshot; article: paper; ask: query agent; assert: verify; assign: update; attach:
upload add; audio: media; author: authors users; automatic: auto; available: list; back: previous;
background: async; backup: export; before: history; begin: start; behind: update; belong: list;
biggest: sizes; bind: binding; block: deny; blog: page url; board: project; boilerplate: template;
boilerplates: template; book: create reserve; bookmark: save; boot: start; bot: self; bottleneck:
performance; bound: binding; box: dialog highlight; branch: feature; broken: error failed; bucket:
storage r2; budget: cost quota; bug: issue; build: pipeline compile; bulk: many; button: element;
buttons: elements; buy: purchase create; calculate: sum; calendar: event; called: title name;
calls: requests; cancel: delete stop; capture: screenshot; card: ticket; carousel: flex; cat: read
file; cc: email; change: update; channel: room slack; chart: graph; chat: message; cheap:
underused; cheaper: cost; check: verify status; choose: select; cite: related; city: location;
clean: cleanup; clear: delete; clicked: click; clip: video recording; close: update status;
cluster: clusters; colleague: user; collection: table; colour: css; column: field property schema;
command: shell exec; company: organization; compare: diff; competitor: research; compile:
research; compiler: build; complete: update; configmap: resource; configure: set; confirm: dialog;
connection: session relation; contact: person; contain: list search; contains: find; content:
read; contents: read; conversation: thread; convert: parse transform; cost: price usage; coverage:
covered; cp: copy; cpu: performance usage; crash: error failure; credential: secret; cronjob:
cron; crontab: cron; csv: data; ctrl: key; curl: fetch url; current: active; customer: user
client; daily: cron schedule; dark: emulate; dashboard: chart; deactivate: disable; delay:
visibility; demo: sample; dependency: library; deployment: deploy; design: figma; destroy: delete;
detach: remove; details: describe get; developer: user users; differ: changed; different: diff
changes; differs: diff; diffs: changes; direct: route; disable: toggle; discussion: thread
comments; disk: file directory; dismiss: handle; displayed: visible shown; dm: message send; doc:
page document; docs: documentation pages; docx: parse; domain: zone; done: status; drive:
directions; drop: delete; due: property; dump: export; earlier: previous; edit: update; element:
page; email: mail message; embedding: vector; emoji: reaction; employee: user; emulate: viewport;
enable: toggle; end: stop; enqueue: send queue; ensure: verify; enter: type fill; entire: all;
entries: list; entry: key value; environment: env; erase: delete; events: logs; ever: search;
example: docs; excel: sheet; exist: list; expired: old; extend: update; fact: observation; fake:
simulate simulated; faster: performance speed; fetch: get; field: input property; fields: schema;
figures: statistics; file: create; fill: load insert; film: video; filter: query; find: search;
finish: stop close; firewall: access; flaky: random; folder: directory directories; follow:
subscribe; followed: followers; force: terminate; form: fields; forward: send route; framework:
library; freeze: pause; friend: follower user; friends: followers users; front: open; function:
code; functions: function worker; further: scroll down; give: get; glob: pattern search; go:
navigate; gone: wait; grant: add; green: status passing; grep: search; group: team label
aggregate; grow: scale; halt: stop; hang: terminate; happened: logs; header: headers; headers:
request; heading: title chapter element; healthy: status; heap: heapsnapshot; hide: invisible
remove visibility; hint: annotation; hit: press; hits: results; hold: down press list contain;
hook: connect; hostname: domain custom; hotfix: branch; hourly: cron; hours: details; hundred:
batch; icon: image; identifier: id; idle: underused; illustration: image draw; import: load;
incident: alert; info: describe details get; inline: comments line; inside: contents children;
insight: finding; install: command deploy; interactive: elements; internet: web; invisible:
visibility; invite: event add; invoked: executed; ios: sim; ip: access address; issue: github;
item: object entry; job: task message; join: add; json: structured; keep: secret; keyboard: key;
kick: run; kill: terminate; kinds: list; know: memory knowledge; knowledge: graph memory; label:
update; land: merge; language: locale; lately: recent; latency: performance slow; later: update;
latest: recent; launch: start; layout: tree structure; leak: memory heapsnapshot; leave: close
add; left: remaining; like: reaction; link: url; links: urls; little: tiny; load: get; localhost:
connection; locate: find; location: place; locator: selector; lock: disable; logged: connections;
login: connect user; long: slow; look: search; lookup: search find; lookups: index; ls: directory
list; machine: node; mail: email gmail message send; mailbox: email labels; make: create generate;
manifest: yaml; many: count; mark: update label; markdown: md; market: research; married:
relation; match: game; member: user add; mention: search; menu: navigation; message: slack;
minute: time long; minutes: time long; mirror: copy; mistake: error; mkdir: directory create;
mock: simulated; mockup: figma design; model: llm; modify: update; movie: video screencast; mp3:
audio media; mute: disable; mutual: related; mv: move; myself: self; named: name; namespace: kv;
narrow: resize; neighbours: related; nested: tree; network: connection; new: create add; newer:
upgrade; newsletter: email; next: more; night: dark; nightly: cron; node: entity; note:
observation page; notice: updates; notification: updates subscription; notify: send message; npm:
command process; number: count; observe: monitor; occupy: size; offer: list; offline: network
status; old: previous; older: previous; on: current toggle; online: web status; open: create
navigate new list active; opening: details; opinion: review; order: purchase; outdated: stale old;
outline: highlight; output: result; overview: list tree; overwrite: update; own: list; package:
library; page: document content browser; parent: under; pass: status; password: secret; past:
history checks; payload: request; pdf: print; pending: list waiting; people: users; permissions:
info metadata access; permit: access; person: user; phone: device simulator; photo: image media
take; pick: select; picture: screenshot image profile media take; pid: process; ping: notify
message; plan: explain; play: read audio; plus: sum; pod: container; pointer: mouse; popular:
search list; popup: dialog; position: coordinates; postpone: update; power: boot start; prepare:
draft; press: click; pretend: simulate; preview: show; previous: version rollback; price: cost;
print: logs output; printed: output; priority: annotation; produced: artifacts; profile:
performance trace; program: process; programs: processes; progress: status; ps: processes;
publications: papers; publish: deploy; pull: get github; purge: delete; push: click; puzzle:
problem; quality: audit; question: query; queue: job; quit: close; ram: memory; reach: access
connect; reachable: ping status; react: reaction; read: get; rebase: update; reboot: restart;
recall: memory; recommend: advisor; reconnect: again; records: documents; recover: restore; red:
failed; refresh: reload; refund: payment; registration: form; release: version deploy up;
remaining: quota; remark: comment; remember: memory graph; remove: delete; reopen: update; repeat:
echo rerun; replace: update; replicas: scale; report: research issue; repos: repositories;
request: call; reserve: create; reset: clear; resource: request; resources: objects; respond:
reply; restart: rollout; retry: rerun; return: back; revert: rollback; revision: version; revoke:
remove access; rm: delete; role: permission access; roll: deploy; roots: folders; route:
directions; row: record document; rows: records query; rule: filter styles; rules: filters; run:
execute; running: status list active; safe: secret; safely: secret; said: comment history; same:
echo; save: put write; say: text; says: text content read; schedule: cron; scientific: paper;
score: lighthouse; screen: ui screenshot; scroll: wheel; search: lookup; seconds: wait time;
secrets: resource; sell: create; seo: lighthouse; serverless: worker function; service: resource;
set: update; setting: env; settings: config defaults; several: multiple many; shape: schema;
sheet: rows; shell: exec; ship: deploy; shortcut: key; show: list display get visible; shown:
visible; shut: close; sibling: related; simulator: sim; single: one; site: page website; sleep:
wait pause; slider: drag; slides: presentation; slow: performance trace; small: tiny; smaller:
compress; smile: reaction; snapshot: backup; somebody: users; sound: audio; space: size; speed:
performance; spinner: wait; sql: query; sqlite: sql d1; ssh: connect; stack: trace; stacktrace:
error logs; stale: reconnect; standard: default; star: favorite; starter: template; station:
location place; stats: statistics; status: property; stderr: output errors; stdout: output; stock:
price; storage: r2 bucket; store: put; street: address; study: research; style: css; stylesheet:
css; subfolder: directory recursive; subfolders: directory recursive tree; subscribe: updates;
subscription: plan; subtitle: caption; summarise: summary extract; summarize: summary extract;
summary: describe; sunny: weather; support: list; swap: replace; swift: xcode; switch: select;
sync: update; tab: browser; table: database source; tablet: device resize; tag: label version;
tags: labels; takes: duration long; tap: click; task: message; tasks: items query rows; team:
group members; tell: describe post send; terminal: session; terminals: sessions; test: verify
check; tests: test; text: content; theme: color scheme; thorough: research; throttle: emulate;
ticket: issue; tidy: cleanup; timeline: history; timeouts: slow error; timer: alarm; timestamps:
info metadata; title: name chapter; todo: task; together: multiple many batch; token: secret;
total: sum; totals: aggregate; towns: cities locations; traffic: analytics; translate: text
language; trash: delete archive; travel: distance directions; trigger: cron; turn: convert; typed:
structured; unbind: binding; unblock: allow; undelete: restore; undo: rollback; unfreeze: resume;
unhide: show; unique: index; unit: tests; unlock: enable; unreliable: flaky; up: status; upload:
picker put; upvote: reaction; urgent: priority; usage: statistics analytics; vanish: gone;
vanished: gone; vanishes: gone; variable: env; viewport: resize; visit: navigate; volume:
resource; waiting: open; wake: alarm; walk: directions; walking: directions way; warn: alerts;
warning: alerts; watch: monitor; way: directions; website: page; what: describe; where: find
search; which: list current search; whitelist: access allow; who: users author; why: explain
analyze; wiki: page; wipe: delete; worker: cloudflare; workspace: roots; write: type send message
post; written: content read; wrote: author; yaml: config; zip: gzip; zoom: scale
`;
