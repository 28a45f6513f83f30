/** The look of every page: the colours are those of the example shop. Nothing is loaded from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f5efe3; --sheet: #fffdf8; --ink: #23281f; --quiet: #5c5f52; --line: #d9cfba; --soft: #ebe3d2;
  --bar: #1f4d3f; --on-bar: #fdf8ea; --link: #1b5645; --brass: #8a6212; --alert: #8c1d18; --alert-sheet: #fbe4df;
  --good: #1d6446; --good-sheet: #e6f1e4;
  --c1: #2d6a57; --c2: #b07d1c; --c3: #a8443a; --c4: #4a6a94; --c5: #7d5a8c; --c6: #7b7a68;
  --sans: -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif;
  --mono: ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #151a17; --sheet: #1e2521; --ink: #ece6d6; --quiet: #aeb0a2; --line: #39423b; --soft: #283029;
    --bar: #1c3d33; --on-bar: #fdf8ea; --link: #8fd0b8; --brass: #dcb35c; --alert: #ffb4a8; --alert-sheet: #47201b;
    --good: #93d9b5; --good-sheet: #1c3529;
    --c1: #6fbf9f; --c2: #dcb35c; --c3: #e58a7c; --c4: #8fb0dd; --c5: #c39ad2; --c6: #a9a893;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 0.9375rem/1.5 var(--sans); }
h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.2; margin: 0; }
h1 { font-size: 1.7rem; }
h2 { font-size: 1.15rem; }
h3 { font-size: 1rem; }
p, ul, ol, dl, dd, figure { margin: 0; }
a { color: var(--link); text-underline-offset: 0.2em; }
code, .mono { font-family: var(--mono); font-size: 0.88em; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--brass); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 2; background: var(--sheet); padding: 0.5rem 1rem; }
.skip:focus { top: 0.5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none; }

header { background: var(--bar); color: var(--on-bar); padding: 0.6rem clamp(1rem, 4vw, 2.5rem); display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.3rem 2rem; }
header p { font-family: var(--serif); font-size: 1.15rem; font-weight: 600; }
header p span { font: 0.875rem var(--sans); margin-left: 0.5rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.1rem 0.3rem; }
nav a { color: var(--on-bar); text-decoration: none; padding: 0.25rem 0.7rem; border-radius: 6px; }
nav a:hover { text-decoration: underline; }
nav a[aria-current] { background: var(--on-bar); color: #1c3d33; font-weight: 600; }
header :focus-visible { outline-color: var(--on-bar); }
main { display: grid; gap: 1.1rem; max-width: 84rem; margin: 0 auto; padding: 1.4rem clamp(1rem, 4vw, 2.5rem) 3rem; }
main > * { min-width: 0; }
footer { max-width: 84rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem) 2rem; color: var(--quiet); font-size: 0.875rem; }

.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.4rem 1.5rem; }
.quiet { color: var(--quiet); }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.1rem; display: grid; gap: 0.7rem; align-content: start; min-width: 0; }
.flush { padding: 0; overflow: hidden; gap: 0; }
.pair { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); }
.notice { border-left: 4px solid var(--good); background: var(--good-sheet); padding: 0.6rem 1rem; border-radius: 4px; }
.notice.alert { border-color: var(--alert); background: var(--alert-sheet); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.figures div { padding: 0.65rem 1.1rem; box-shadow: 1px 1px 0 var(--line); }
.figures dt { color: var(--quiet); font-size: 0.8125rem; }
.figures dd { font-family: var(--serif); font-size: 1.35rem; font-variant-numeric: tabular-nums; line-height: 1.25; }

form.find { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; }
.field { display: grid; gap: 0.15rem; }
.field.grow { flex: 1 1 16rem; }
label { font-size: 0.8125rem; color: var(--quiet); }
input, select, form.find button { height: 2.3rem; }
input, select { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--quiet); border-radius: 6px; padding: 0.35rem 0.6rem; min-width: 0; width: 100%; }
button, .button { font: inherit; font-weight: 600; color: var(--on-bar); background: var(--bar); border: 1px solid transparent; border-radius: 6px; padding: 0.38rem 0.95rem; cursor: pointer; text-decoration: none; }
button:hover, .button:hover { filter: brightness(1.15); }
button.plain { background: none; color: var(--link); font-weight: 400; text-decoration: underline; text-underline-offset: 0.2em; padding: 0.15rem 0.3rem; }
button.end { background: none; color: var(--alert); border-color: currentColor; font-weight: 400; padding: 0.1rem 0.6rem; }
button.danger { background: #8c1d18; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; color: var(--quiet); font-size: 0.8125rem; white-space: nowrap; }
th, td { padding: 0.3rem 1.1rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th + th, td + td, th + td { padding-left: 0; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover { background: var(--soft); }
th[scope=row] { color: inherit; font-size: inherit; }
th a { color: inherit; }
.num { text-align: right; white-space: nowrap; }
.still { white-space: nowrap; }
time { white-space: nowrap; }
.value { max-width: 44rem; overflow-wrap: anywhere; }
.flush > .more:first-child { border-top: 0; }
.more form.find { align-items: center; font-size: 0.875rem; }
.more form.find select, .more form.find button { height: 1.9rem; padding-top: 0; padding-bottom: 0; }
.more { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: baseline; padding: 0.6rem 1.1rem; border-top: 1px solid var(--line); }
.empty { padding: 1.2rem 1.1rem; }

dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.2rem; font-size: 0.875rem; }
dl.facts dt { color: var(--quiet); }
dl.facts dd { min-width: 0; overflow-wrap: anywhere; }
.clock { display: grid; gap: 0.15rem; }
meter { width: 100%; height: 0.7rem; }
meter::-webkit-meter-bar { background: var(--soft); border: 0; border-radius: 4px; height: 0.6rem; }
meter::-webkit-meter-optimum-value { background: var(--c1); border-radius: 4px; }
meter::-webkit-meter-suboptimum-value { background: var(--c2); border-radius: 4px; }
meter::-webkit-meter-even-less-good-value { background: var(--c3); border-radius: 4px; }
meter::-moz-meter-bar { background: var(--c1); }
ol.ids { list-style: none; padding: 0; display: grid; gap: 0; }
ol.ids li { border-left: 2px solid var(--line); padding: 0 0 0.7rem 1rem; position: relative; font-size: 0.875rem; }
ol.ids li:last-child { border-color: transparent; padding-bottom: 0; }
ol.ids li::before { content: ""; position: absolute; left: -6px; top: 0.35rem; width: 10px; height: 10px; border-radius: 50%; background: var(--sheet); border: 2px solid var(--quiet); }
ol.ids li.now::before { background: var(--c1); border-color: var(--c1); }
.tag { display: inline-block; font-size: 0.8125rem; padding: 0 0.5rem; border-radius: 99px; background: var(--soft); white-space: nowrap; }
.tag[aria-current] { background: var(--bar); color: var(--on-bar); text-decoration: none; }
.tag.bad { background: var(--alert-sheet); color: var(--alert); }
.tag.good { background: var(--good-sheet); color: var(--good); }
details > summary { cursor: pointer; color: var(--link); }
.acts { display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; align-items: baseline; }
.acts details[open] { flex-basis: 100%; }
.acts details form { padding-top: 0.5rem; }

.charts { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); }
figure figcaption { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; align-items: baseline; justify-content: space-between; }
.plot { display: grid; grid-template-columns: auto 1fr; gap: 0.2rem 0.5rem; font-size: 0.75rem; color: var(--quiet); font-variant-numeric: tabular-nums; padding-top: 0.5rem; }
.scale { display: flex; flex-direction: column; justify-content: space-between; align-items: end; margin: -0.55rem 0; }
.times { grid-column: 2; display: grid; grid-template-columns: repeat(4, 1fr); }
svg.chart { width: 100%; height: 8rem; display: block; overflow: visible; }
.chart .rule { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); } .f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
.s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; list-style: none; padding: 0; font-size: 0.8125rem; }
.legend svg { width: 0.7rem; height: 0.7rem; margin-right: 0.35rem; }
.grid td:not(:first-child), .grid th:not(:first-child) { text-align: right; }
.yes { color: var(--good); } .no { color: var(--alert); font-weight: 600; }

@media (max-width: 46rem) {
  .wide { display: none; }
  nav a { padding: 0.25rem 0.6rem; }
  th, td { padding-left: 0.8rem; padding-right: 0.8rem; }
  .head { display: grid; }
  h1 { font-size: 1.4rem; }
  main { gap: 0.9rem; padding-top: 1rem; }
  .more, .empty { padding-left: 0.8rem; padding-right: 0.8rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { padding-bottom: 0.4rem; }
}
@media (forced-colors: active) { nav a[aria-current] { outline: 1px solid; } }
`
