/** The whole look of a report: nothing is fetched, so that a file sent by mail looks the same. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#17202b;--soft:#5c6875;--line:#dfe3e8;--one:#2f6fde;--two:#9db8ea;--three:#d1495b;--good:#1f8a4c;--bad:#c0392b}
@media screen and (prefers-color-scheme:dark){:root{--paper:#11151b;--card:#1a2029;--ink:#e8ecf1;--soft:#98a4b3;--line:#2c3540;--one:#6ea2ff;--two:#3d5d97;--three:#ef7b8b;--good:#5cc98a;--bad:#ff8a7a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}
header{display:flex;flex-wrap:wrap;gap:4px 24px;align-items:baseline;margin-bottom:20px}
h1{font-size:26px;margin:0;letter-spacing:-.01em}
h2{font-size:18px;margin:0 0 12px}
header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-bottom:16px}
.tile,section{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:14px 16px}
.tile b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
section{padding:18px 20px;margin-bottom:16px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:16px}
.pair>section{margin:0;min-width:0}
.pair{margin-bottom:16px}
section>.pair{margin:0}
.pair>figure{margin:0}
figure{margin:0 0 14px}
figure:last-child{margin-bottom:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 16px;color:var(--soft);font-size:13px;margin-bottom:6px}
.legend{display:flex;gap:14px}
.key{display:inline-flex;align-items:center;gap:6px}
.dot{width:10px;height:10px}
svg{display:block;max-width:100%;overflow:visible}
figure svg[role]{width:100%;height:auto}
.one{fill:var(--one)}.two{fill:var(--two)}.three{fill:var(--three)}.rest{fill:var(--line)}
.grid{stroke:var(--line);stroke-width:1}
.label,.scale{fill:var(--soft);font-size:11px}
.label{text-anchor:middle}.scale{text-anchor:end;dominant-baseline:middle}
.share{width:100%;height:8px;border-radius:4px}
.spark{width:120px;height:28px}
.spark polyline{fill:none;stroke:var(--one);stroke-width:2;stroke-linejoin:round}
table{border-collapse:collapse;width:100%;font-size:14px}
.scroll{overflow-x:auto}
th{color:var(--soft);font-weight:500;text-align:left;font-size:13px}
th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:middle}
tr:last-child td{border-bottom:0}
td.text{overflow-wrap:anywhere;min-width:140px}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.bar{width:28%;min-width:60px}
td.slim{width:90px}
small{color:var(--soft)}
code{font-size:12px;white-space:nowrap}
ul{margin:0;padding-left:20px}
li+li{margin-top:6px}
.up{color:var(--bad)}.down{color:var(--good)}
.none{color:var(--soft);margin:0}
footer{color:var(--soft);font-size:13px}
@media print{:root{color-scheme:light}body{background:#fff;font-size:12px}main{max-width:none;padding:0}.tile,figure,tr{break-inside:avoid}section{break-inside:auto}h2{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
