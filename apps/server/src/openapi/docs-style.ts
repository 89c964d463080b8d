/** How the page looks, by day and by night. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b2733, #dfe7ee); --soft: light-dark(#5b6b7a, #93a4b3);
  --paper: light-dark(#fbfaf7, #10171e); --card: light-dark(#fff, #17212b); --line: light-dark(#e2ddd2, #263441);
  --accent: light-dark(#0b6e6e, #4fc3c0); --good: light-dark(#1d7a46, #5fcf8e); --bad: light-dark(#a8442f, #f0937d);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, monospace; }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.6 system-ui, sans-serif; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
header { position: sticky; top: 0; z-index: 1; display: flex; gap: 1rem; align-items: center; padding: .75rem 1.5rem;
  background: var(--card); border-bottom: 1px solid var(--line); }
header .name { font-weight: 650; font-size: 1.05rem; color: inherit; } header small { color: var(--soft); font-weight: 400; }
input[type=search] { flex: 1; max-width: 24rem; margin-left: auto; padding: .4rem .7rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
button { font: inherit; color: var(--soft); background: none; border: 1px solid var(--line); border-radius: 6px;
  padding: .2rem .6rem; cursor: pointer; } button:hover { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.columns { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 82rem; margin: 0 auto; }
nav { position: sticky; top: 3.6rem; align-self: start; max-height: calc(100vh - 3.6rem); overflow: auto; padding: 1rem 1rem 2rem 1.5rem; }
nav h2 { margin: 1.2rem 0 .3rem; font-size: .72rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); }
nav ul { list-style: none; margin: 0; padding: 0; } nav a { display: flex; gap: .5rem; padding: .2rem 0; color: inherit; font-size: .87rem; }
main { padding: 1.5rem 1.5rem 6rem; } main > section > h2 { margin: 2.2rem 0 0; text-transform: capitalize; }
article { margin: 1.2rem 0; padding: 1.1rem 1.3rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
article:target { border-color: var(--accent); }
h3 { display: flex; gap: .7rem; align-items: center; margin: 0; font-size: 1rem; } h4 { margin: 1rem 0 .3rem; color: var(--soft); font-weight: 600; }
.path { overflow-wrap: anywhere; background: none; padding: 0; } .summary { margin: .4rem 0; font-weight: 600; }
.method { flex: none; min-width: 2.9rem; padding: .05rem .35rem; border-radius: 4px; font: 650 .68rem/1.6 var(--mono); text-align: center;
  color: var(--card); background: var(--good); } .method.post { background: var(--accent); } nav .method { align-self: start; margin-top: .2rem; }
code, pre { font-family: var(--mono); font-size: .85em; }
code { padding: .1em .3em; border-radius: 4px; background: color-mix(in srgb, var(--soft) 14%, transparent); }
pre { margin: .5rem 0; padding: .8rem 1rem; overflow: auto; border-radius: 8px; border: 1px solid var(--line); background: var(--paper); }
pre code { padding: 0; background: none; font-size: .82rem; }
table { width: 100%; border-collapse: collapse; margin: .6rem 0; font-size: .9rem; }
th { text-align: left; font-weight: 500; color: var(--soft); } th, td { padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border: 0; } details { margin: .25rem 0; } summary { cursor: pointer; } .answer summary code { font-size: .78rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .answer ul { margin: .3rem 0 .6rem; padding-left: 1.3rem; font-size: .88rem; }
.try { position: relative; } .try .copy { position: absolute; right: .5rem; top: .5rem; font-size: .75rem; background: var(--card); }
[hidden] { display: none !important; }
@media (max-width: 800px) { .columns { grid-template-columns: 1fr; } nav { display: none; } }
`;
