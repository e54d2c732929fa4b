/** A built program as one page. */

/** The page of a program, whose code is a module; nothing is loaded from elsewhere. */
export function page(title: string, code: string): string {
  const script = code.replace(/<(?=\/script|!--)/gi, '\\x3c'); // such signs are in strings and regular expressions only
  const style = 'main { font: 1em/1.4 ui-monospace, monospace; white-space: pre-wrap; } .error { color: #b00020; }';
  const heading = title.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${heading}</title>
<style>${style}</style>
</head>
<body>
<main></main>
<script type="module">
${script}</script>
</body>
</html>
`;
}
