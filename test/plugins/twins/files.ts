/** Faults in the files of a plugin, and in what it says of itself. */
import type { Twin } from './twin.ts'

export const FILES: readonly Twin[] = [
  {
    name: 'has a script that may not be executed',
    language: 'sh',
    breaks: 'FIL-EXEC-001',
    volume: [{ write: 'Plugin.diagnostics', text: '#!/bin/sh\necho \'"well"\'\n', mode: 0o644 }],
  },
  {
    name: 'has a script of an interpreter that is not there',
    language: 'sh',
    breaks: 'FIL-EXEC-002',
    volume: [{ write: 'Plugin.diagnostics', text: '#!/usr/bin/no-such-python\n', mode: 0o755 }],
  },
  {
    name: 'has a link that leads nowhere',
    language: 'sh',
    breaks: 'FIL-LINK-001',
    volume: [{ link: 'helper.sh', to: 'removed.sh' }],
  },
  {
    name: 'has a method twice, in different case',
    language: 'sh',
    breaks: 'FIL-CASE-001',
    also: ['FIL-CASE-002'],
    volume: [{ write: 'Volume.Stat', text: '#!/bin/sh\nexec "$(dirname "$0")/Volume.stat" "$@"\n', mode: 0o755 }],
  },
  {
    name: 'spells a script its own way',
    language: 'python',
    breaks: 'FIL-CASE-002',
    text: [
      [
        'volume',
        '    getattr(commandline(implementation()), method)()',
        '    getattr(commandline(implementation()), method.lower())()',
      ],
    ],
    volume: [{ rename: 'Volume.set_name', to: 'Volume.Set_Name' }],
  },
  {
    name: 'can be written by everybody',
    language: 'sh',
    breaks: 'FIL-MODE-001',
    volume: [{ chmod: 'lib.sh', mode: 0o666 }],
  },
  {
    name: 'has a script of a method that there is not',
    language: 'sh',
    breaks: 'FIL-STRAY-001',
    volume: [{ link: 'Volume.fly', to: 'plugin.sh' }],
  },
  {
    name: 'is a volume plugin with a script for datapaths',
    language: 'sh',
    breaks: 'FIL-STRAY-002',
    volume: [{ link: 'Datapath.attach', to: 'plugin.sh' }],
  },
  {
    name: 'cannot take back metadata',
    language: 'sh',
    breaks: 'FIL-SCRIPT-010',
    volume: [{ remove: 'Volume.unset' }],
  },
  {
    name: 'cannot give an SR another name',
    language: 'sh',
    breaks: 'FIL-SCRIPT-011',
    volume: [{ remove: 'SR.set_name' }],
  },
  {
    name: 'has no diagnostics',
    language: 'sh',
    breaks: 'FIL-SCRIPT-012',
    volume: [{ remove: 'Plugin.diagnostics' }],
  },
  {
    name: 'says that it is another plugin',
    language: 'python',
    breaks: 'QRY-NAME-001',
    text: [['volume', '"plugin": "goodpython"', '"plugin": "goodvolumes"']],
  },
  {
    name: 'asks for the deprecated interface',
    language: 'python',
    breaks: 'QRY-VERSION-002',
    configuration: { uri: 'file:///' },
    text: [
      ['volume', '"required_api_version": "5.0"', '"required_api_version": "3.0"'],
      ['volume', '"Absolute path of the directory"}', '"Absolute path of the directory", "uri": "Of the directory"}'],
    ],
  },
  {
    name: 'declares a feature that it has no script for',
    language: 'python',
    breaks: 'QRY-FEATURE-001',
    also: ['VOL-COMPOSE-001'],
    text: [['volume', '"VDI_UPDATE",', '"VDI_UPDATE",\n                "VDI_COMPOSE",']],
  },
  {
    name: 'reverts, and does not declare it',
    language: 'sh',
    breaks: 'QRY-FEATURE-002',
    text: [['volume', '"VDI_RESIZE", "VDI_REVERT", ', '"VDI_RESIZE", ']],
  },
  {
    name: 'declares version 0 of a feature',
    language: 'python',
    breaks: 'QRY-FEATURE-003',
    text: [['volume', '"VDI_CLONE",', '"VDI_CLONE/0",']],
  },
  {
    name: 'declares a feature by a name that no toolstack knows',
    language: 'typescript',
    breaks: 'QRY-FEATURE-004',
    text: [['volume', "version: '1.0',", "version: '1.0',\n      features: ['VDI_NONPERSISTENT'],"]],
  },
  {
    name: 'does not say who made it',
    language: 'python',
    breaks: 'QRY-TEXT-001',
    text: [['volume', '"vendor": "smapiv3"', '"vendor": ""']],
  },
  {
    name: 'does not say what configuration it needs',
    language: 'python',
    breaks: 'QRY-CONFIG-001',
    text: [['volume', '{"path": "Absolute path of the directory"}', '{}']],
  },
  {
    name: 'says something else of itself each time',
    language: 'sh',
    breaks: 'QRY-RECORD-002',
    text: [['volume', '"Raw files in a directory"', `"Process '$$'"`]],
  },
  {
    name: 'tells diagnostics as a number',
    language: 'sh',
    breaks: 'QRY-DIAG-001',
    text: [['volume', `printf '"%s SRs are attached"\\n'`, `printf '%s\\n'`]],
  },
  {
    name: 'lists SRs after they were detached',
    language: 'python',
    breaks: 'QRY-LS-002',
    also: ['LEAK-FILE-001'],
    text: [
      [
        'volume',
        '    def ls(self, dbg):\n        attached = []',
        '    def ls(self, dbg):\n        with open(STATE + ".log", "a+") as file:\n            file.seek(0)\n            attached = file.read().split()',
      ],
      [
        'volume',
        '            write(attachment(sr), sr)',
        '            write(attachment(sr), sr)\n            with open(STATE + ".log", "a") as file:\n                file.write(sr + "\\n")',
      ],
      ['volume', '                attached.append(read(os.path.join(STATE, name)))', '                pass'],
    ],
  },
]
