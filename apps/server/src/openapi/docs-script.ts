/** What the page does: it filters, copies and switches its colours. */
export const DOCS_SCRIPT = `
const root = document.documentElement;
const filter = document.getElementById('filter');
filter.addEventListener('input', () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const article of document.querySelectorAll('article')) {
    const shown = words.every((word) => article.dataset.words.includes(word));
    article.hidden = !shown;
    document.querySelector('[data-operation="' + article.id + '"]').hidden = !shown;
  }
});
document.getElementById('theme').addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});
for (const snippet of document.querySelectorAll('.try code')) {
  snippet.textContent = snippet.textContent.replace('http://127.0.0.1:7420', location.origin);
}
for (const button of document.querySelectorAll('.copy')) {
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.nextElementSibling.textContent);
    button.textContent = 'copied';
    setTimeout(() => { button.textContent = 'copy'; }, 1200);
  });
}
`;
