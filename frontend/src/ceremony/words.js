/** Sentences made while the page runs: [Chinese, English]. What never changes is in page.html. */

const RESTART = ['请当众说明，大家用新的钥匙重新开始。', ' Say so aloud; all begin again with new keys.'];
const complaint = (zh, en) => (f) => [
  '第' + f.index + '位保管人' + zh + '。' + RESTART[0],
  en.replace('#', f.index) + RESTART[1],
];
const say = (zh, en) => () => [zh, en];
const DUE = [
  ['第一轮：做证书', 'round 1: the certificate'],
  ['第二轮：公开', 'round 2: the reveal'],
  ['第三轮：确认、生成钥匙', 'round 3: confirmation and keys'],
  ['念指纹', 'reading the fingerprint aloud'],
];

const STOPS = {
  'complaint.commitment': complaint('公开的内容和先前封存的不一样', 'What trustee # revealed is not what was sealed before.'),
  'complaint.possession': complaint('没有证明钥匙在自己手里', 'Trustee # did not prove to hold the key.'),
  'complaint.encryption': complaint('的收件公钥不合规定', 'The receiving key of trustee # is not allowed.'),
  'complaint.share': complaint('发给您的份额不对', 'The share that trustee # sent you is wrong.'),
  'complaint.key': complaint('确认的钥匙和大家公开的内容对不上', 'The key trustee # confirmed does not follow from what was revealed.'),
  'wrong.format': say('这不是开票钥匙仪式的文件。', 'This is no file of a key ceremony.'),
  'wrong.ceremony': say('这个文件属于另一次仪式，或者重新开始以前的那一次。', 'This file belongs to another ceremony, or to the one before a new start.'),
  'wrong.round': say('这个文件不是现在这一轮的。', 'This file is of another round.'),
  'wrong.index': say('没有这个编号的保管人。', 'There is no trustee of this number.'),
  'wrong.own': say('仪式文件里您名下的内容不是您交的那一份：有人换过文件。', 'What stands under your number in the ceremony file is not what you handed in: somebody exchanged it.'),
  'wrong.other': say('文件的内容不完整或者被改过。', 'The file is incomplete or was changed.'),
  canonical: say('文件不完整或者被改过，请重新拷贝一份。', 'The file is incomplete or was changed: please copy it again.'),
  keyfile: say('选的文件不是这一步要用的那一种（钥匙文件或者临时文件），或者不完整。', 'This is not the kind of file needed here (key file or work file), or it is incomplete.'),
  passphrase: say('打不开：口令不对，或者文件被改过。请再试一次，或者用另一份。', 'It does not open: a wrong passphrase, or the file was changed. Try again, or use the other copy.'),
  'passphrase.short': (f) => [
    '口令太短，至少' + f.least + '个字符，例如几个不相干的词连在一起。',
    'The passphrase is too short: at least ' + f.least + ' characters, for example a few unrelated words.',
  ],
  'passphrase.differ': say('两遍口令不一样，请重来。', 'The two passphrases differ: please type them again.'),
  round: (f) => [
    '按这份仪式文件，现在该做的是“' + DUE[f.due][0] + '”。',
    'By this ceremony file, what is due now is ' + DUE[f.due][1] + '.',
  ],
  unfinished: say('三轮还没有全部做完，没有指纹可念。', 'The three rounds are not complete: there is no fingerprint to read.'),
  'work.another': say('这个临时文件是另一次仪式的，或者重新开始以前的那一次。', 'This work file is of another ceremony, or of the one before a new start.'),
  'sitting.another': say('这份仪式文件不是您做钥匙的那一次。请当众说明，大家用新的钥匙重新开始。', 'This ceremony file is not the one your key was made in. Say so aloud; all begin again with new keys.'),
  'key.broken': say('试解没有通过，这一份不能用。', 'The test decryption failed: this copy cannot be used.'),
  'key.two': say('两个文件不是同一把钥匙。', 'The two files are not the same key.'),
  'key.same': say('同一个文件选了两次：两份钥匙都要试。', 'The same file was picked twice: both copies must be tried.'),
  'key.not_these': say('这不是刚才保存的两份钥匙。请选刚保存的文件。', 'These are not the two keys just saved. Pick the files you just saved.'),
  'session.another': say('这是另一次会议的记录，不是您保管钥匙的那一次。', 'This is the record of another session than the one you keep a key of.'),
  'keys.another': say('记录里的开票钥匙不是您参加的那次仪式做出来的。不要开票，请当众说明。', 'The keys in this record were not made in your ceremony. Do not open; say so aloud.'),
  unverified: (f) => [
    '这份公开记录没有通过核验（' + f.name + '：' + f.detail + '）。不要开票，请向平台要一份新的；还是不行就当众说明。',
    'This record did not pass verification (' + f.name + ': ' + f.detail + '). Do not open. Ask the platform for a new copy; if that fails too, say so aloud.',
  ],
  'open.voting': say('投票还没有截止，不能开票。', 'Voting has not ended: nothing can be opened.'),
  'open.early': (f) => [
    '按您这台电脑的时间，截止和异议期要到' + clock(f.until) + '才结束，现在不能开票。电脑的时间不对就先校准。',
    'By the clock of this computer, voting and the time for objections end at ' + clock(f.until) + ' (China time). Set the clock right if it is wrong.',
  ],
  'open.tally': say('平台还没有列出计入的票（异议期没有结束，或者还在处理），现在不能开票。', 'The platform has not listed the ballots that count yet: nothing can be opened now.'),
  'open.sums': say('这份公开记录核验不到合计，不能开票。', 'The sums of this record cannot be verified: nothing can be opened.'),
  'open.done': say('这次会议已经开票，不需要再交。', 'This session was opened already: nothing more is needed.'),
  'open.own': say('记录里已经有您交的开票份额，不需要再交。', 'Your share is in the record already: nothing more is needed.'),
  'opened.other': say('这把钥匙已经为这次会议开过另一组票。两组的差别会暴露单张票，不能再开。', 'This key has opened another set of ballots of this session. The difference would give single ballots away: refused.'),
  missing: say('请先把每一项都选好、填好。', 'Please choose and fill in everything first.'),
  unreadable: say('打不开这个文件。', 'This file cannot be read.'),
  zip: say('这个压缩包打不开。请先解压，再把里面的文件全部选上。', 'This archive cannot be read. Unpack it first, then pick all its files.'),
  'zip.old': say('这个浏览器不会解压。请先解压，再把里面的文件全部选上。', 'This browser cannot unpack. Unpack it first, then pick all its files.'),
  memory: say('内存不够。请关掉别的网页，或者换一台电脑。', 'Not enough memory. Close other pages, or use another computer.'),
  failed: say('出错了，没有完成。请关掉这个网页，重新打开再试；还是不行，就用命令行工具。', 'Something failed. Close this page, open it again and retry; if that fails, use the command-line tool.'),
};

/** The sentence of a Stop, [zh, en]. */
export const sentence = ({ code, facts }) => (STOPS[code] || STOPS.failed)(facts || {});

export const CODES = Object.keys(STOPS);

/** A time of the board as people in China read it. */
export function clock(time) {
  const there = new Date(Date.parse(time) + 8 * 3600e3).toISOString();
  return there.slice(0, 10) + ' ' + there.slice(11, 16);
}

export const area = (n) => Math.floor(n / 100) + '.' + String(n % 100).padStart(2, '0');

/** Who one is asked to be, of the terms. */
export const ofTerms = (f) => [
  '会议 ' + f.session + '：' + f.names.length + '位保管人，要' + f.threshold + '位才能开票。',
  'Session ' + f.session + ': ' + f.names.length + ' trustees, ' + f.threshold + ' are needed to open.',
];

export const holder = (name, i) => ['第' + (i + 1) + '位：' + name, 'Number ' + (i + 1) + ': ' + name];

/** Lines about what is going to be opened, and what is not. */
export function dueLines(f) {
  const lines = [
    ['会议：' + f.estate + ' ' + f.title + '（' + f.session + '）', 'Session: ' + f.estate + ' ' + f.title + ' (' + f.session + ')'],
    ['截止：' + clock(f.closesAt), 'Closed: ' + clock(f.closesAt)],
    [
      '参加：' + f.close.heads + '人，' + area(f.close.area) + '平方米，共' + f.close.ballots + '张票（改过的只算最后一张）',
      'Took part: ' + f.close.heads + ', ' + area(f.close.area) + ' m², ' + f.close.ballots + ' ballots (of each the last one counts)',
    ],
    ['裁定不计入的：' + f.excluded + '户', 'Ruled out: ' + f.excluded],
    f.policy === 'named'
      ? ['公布方式：记名。这一步仍然只打开合计，单张票另行打开', 'Policy: by name. This step opens totals only; single ballots are opened apart']
      : ['公布方式：只公布合计，任何一张票都不打开', 'Policy: totals only. No single ballot is opened'],
    [
      '要' + f.threshold + '位保管人才能开票，您是第' + f.number + '位，共' + f.count + '位',
      f.threshold + ' of ' + f.count + ' trustees are needed; you are number ' + f.number,
    ],
  ];
  f.motions.forEach(({ title, took, options }) =>
    lines.push([
      title + '：' + took.heads + '人、' + area(took.area) + '平方米参加，' + options + '个选项各打开一个人数、一个面积',
      title + ': ' + took.heads + ', ' + area(took.area) + ' m² took part; heads and area of ' + options + ' options are opened',
    ]),
  );
  return lines;
}

export const tested = (f) => [
  '两份都试解通过：第' + f.number + '位，会议 ' + f.session + '。' + (f.compared ? '会议用的就是这把钥匙。' : ''),
  'Both copies passed: number ' + f.number + ', session ' + f.session + '.' + (f.compared ? ' The session uses this key.' : ''),
];
