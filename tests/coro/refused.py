# SPDX-License-Identifier: BSL-1.0
"""refused.py FILE COMPILER...: compiles each CASE of FILE; those above 0 must fail, and say what their line says."""

import re
import subprocess
import sys


def main():
    source, compiler = sys.argv[1], sys.argv[2:]
    version = subprocess.run(compiler + ['--version'], capture_output=True, text=True, check=True).stdout
    gcc_12 = 'clang' not in version and subprocess.run(
        compiler + ['-dumpversion'], capture_output=True, text=True, check=True).stdout.startswith('12')
    with open(source, encoding='utf-8') as file:
        cases = re.findall(r'#(?:el)?if CASE == (\d+)(?:  // (g\+\+ 12 only: )?"(.*)")?', file.read())
    failures = 0
    for number, gcc_12_only, text in cases:
        if gcc_12_only and not gcc_12:
            continue
        run = subprocess.run(
            compiler + ['-std=c++20', '-fsyntax-only', '-Wall', '-Werror=unused-result', f'-DCASE={number}', source],
            capture_output=True, text=True, check=False)
        if number == '0':
            right = run.returncode == 0
        else:
            right = run.returncode != 0 and re.search(text, run.stderr)
        if not right:
            failures += 1
            print(f'case {number}: ' + (f'not refused with "{text}"' if number != '0' else 'refused'))
            print(run.stderr)
    print(f'{len(cases)} cases, {failures} wrong')
    return 1 if failures or not cases else 0


sys.exit(main())
