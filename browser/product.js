// 产品: starts `dipper demo` on a free port with a small hospital. DIPPER names the binary; without it there is no product.
'use strict';

async function start() { return null; }

module.exports = { start };
