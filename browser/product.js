// 产品: `dipper demo` with a small hospital on a free port. DIPPER names the binary.
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

/** Enough for every page to have something, little enough to be there in seconds. */
const HOSPITAL = ['--discharges', '2000', '--in-house', '60'];
const PATIENCE = 120_000;

/** Starts it; resolves to {base, accounts: {role: password}, login, password, close}. */
function start() {
  const binary = process.env.DIPPER;
  if (!binary) throw new Error('DIPPER names no binary: run `make build` first');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dipper-browser-'));
  const child = spawn(path.resolve(__dirname, '..', binary), ['demo', '--data', folder, '--port', '0', ...HOSPITAL],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const close = async () => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(force);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  // Also when the tests are broken off.
  process.on('exit', () => child.kill('SIGKILL'));
  let said = '', complained = '';
  child.stderr.on('data', (bytes) => { complained = (complained + bytes).slice(-4000); });
  return new Promise((resolve, reject) => {
    const failed = async (what) => {
      clearTimeout(timer);
      await close();
      reject(new Error(`dipper demo ${what}\n${complained}\n${said.slice(-1000)}`));
    };
    const timer = setTimeout(() => failed(`does not listen after ${PATIENCE / 1000} s`), PATIENCE);
    const early = (code) => failed(`ended with ${code}`);
    child.on('close', early);
    child.on('error', (error) => failed(String(error)));
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const address = /打开 (http:\/\/[\d.:]+)/.exec(said);
      if (!address) return;
      clearTimeout(timer);
      child.removeListener('close', early);
      const accounts = Object.fromEntries([...said.matchAll(/^(\w+)\t(\S+)\t/gm)].map(([, login, password]) => [login, password]));
      const secret = /secret = "(\w+)"/.exec(fs.readFileSync(path.join(folder, 'dipper.toml'), 'utf8'))[1];
      resolve({ base: address[1], accounts, secret, complaints: () => complained, close });
    });
  });
}

module.exports = { start };
