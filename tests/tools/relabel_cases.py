#!/usr/bin/env python3
"""relabel_cases.py -- what a real Prometheus server makes of relabel rules.

Every case is a job with one target; the targets API says what its labels became, or that it was dropped. Writes
tests/data/relabel/cases.json. Needs prometheus in PATH; the tests need only its result.

    tests/tools/relabel_cases.py > tests/data/relabel/cases.json
"""
import json, shutil, subprocess, tempfile, time, urllib.request

R = lambda **k: k
L = {'env': 'prod', 'zone': 'eu-west-1a', 'app': 'Fraud', 'empty': '', 'n': '42', 'copy': 'prod', 'uni': 'Ärger ß'}
CASES = [
    [R(target_label='x', replacement='y')],
    [R(source_labels=['env'], target_label='x')],
    [R(source_labels=['env', 'zone'], target_label='x')],
    [R(source_labels=['env', 'zone'], separator='/', target_label='x', regex='(.*)/(.*)', replacement='$2-$1')],
    [R(source_labels=['env', 'zone'], separator='', target_label='x')],
    [R(source_labels=['zone'], target_label='x', regex='eu')],
    [R(source_labels=['zone'], target_label='x', regex='eu.*', replacement='e')],
    [R(source_labels=['zone'], target_label='x', regex='(eu)-(west)-(1)(a)', replacement='${2}x$1x$$y$4')],
    [R(source_labels=['zone'], target_label='x', regex='(?P<c>eu)-.*', replacement='${c}_$c-$d')],
    [R(source_labels=['zone'], target_label='${1}_zone', regex='(eu)-.*', replacement='v')],
    [R(source_labels=['zone'], target_label='$1', regex='(eu-west)-.*', replacement='v')],
    [R(source_labels=['env'], target_label='env', regex='prod', replacement='')],
    [R(source_labels=['missing'], target_label='x')],
    [R(source_labels=['missing'], target_label='x', regex='', replacement='was empty')],
    [R(source_labels=['missing'], target_label='env')],
    [R(source_labels=['env'], regex='prod', action='keep')],
    [R(source_labels=['env'], regex='pro', action='keep')],
    [R(source_labels=['env'], regex='prod|dev', action='drop')],
    [R(source_labels=['env'], regex='pro', action='drop')],
    [R(source_labels=['missing'], regex='', action='drop')],
    [R(regex='', action='drop')],
    [R(regex='x', action='keep')],
    [R(source_labels=['env', 'app'], regex='prod;Fraud', action='keep')],
    [R(source_labels=['zone'], target_label='h', modulus=8, action='hashmod')],
    [R(source_labels=['zone', 'env'], target_label='h', modulus=1000003, action='hashmod')],
    [R(source_labels=['missing'], target_label='h', modulus=97, action='hashmod')],
    [R(source_labels=['uni', 'zone', 'app', 'env', 'n', 'zone', 'zone', 'zone', 'zone', 'zone'], target_label='h', modulus=9007199254740993, action='hashmod')],
    [R(regex='(e.*)', replacement='was_$1', action='labelmap')],
    [R(regex='e(.*)', replacement='$1', action='labelmap')],
    [R(regex='(env|app)', replacement='same', action='labelmap')],
    [R(regex='e.*', action='labeldrop')],
    [R(regex='env|job|__.*', action='labelkeep')],
    [R(source_labels=['app'], target_label='x', action='lowercase'), R(source_labels=['zone'], target_label='zone', action='uppercase')],
    [R(source_labels=['uni'], target_label='lo', action='lowercase'), R(source_labels=['uni'], target_label='up', action='uppercase')],
    [R(source_labels=['env'], target_label='copy', action='keepequal')],
    [R(source_labels=['env'], target_label='zone', action='keepequal')],
    [R(source_labels=['env'], target_label='copy', action='dropequal')],
    [R(source_labels=['env'], target_label='zone', action='dropequal')],
    [R(source_labels=['missing'], target_label='also_missing', action='dropequal')],
    [R(source_labels=['__address__'], target_label='instance', regex='([^:]+):.*')],
    [R(source_labels=['__address__'], target_label='__address__', regex='(.*):.*', replacement='other:$1')],
    [R(source_labels=['__address__'], target_label='__param_target'), R(source_labels=['__param_target'], target_label='instance')],
    [R(target_label='__address__', replacement='')],
    [R(target_label='job', replacement='')],
    [R(target_label='job', replacement='renamed')],
    [R(target_label='__tmp', replacement='t'), R(source_labels=['__tmp'], target_label='got')],
    [R(target_label='a', replacement='1'), R(source_labels=['a'], target_label='a', replacement='${1}2'), R(source_labels=['a'], target_label='a', replacement='${1}3')],
    [R(source_labels=['env'], target_label='x', regex='PROD')],
    [R(source_labels=['env'], target_label='x', regex='(?i)PROD', replacement='ci')],
    [R(source_labels=['zone'], target_label='x', regex='.*-(\\d)(\\w)', replacement='$1$2')],
    [R(source_labels=['zone'], target_label='x', regex='(.+?)-(.+)', replacement='$2')],
    [R(source_labels=['zone'], target_label='x', regex='(a)|(eu.*)', replacement='[$1][$2]')],
    [R(source_labels=['n'], target_label='x', regex='(\\d+)', replacement='$1x')],
    [R(source_labels=['n'], target_label='x', regex='(\\d+)', replacement='$10$')],
    [R(source_labels=['n'], target_label='x', regex='(\\d+)', replacement='$ $$ $$$ ${ ${1 $-')],
    [R(regex='(.*)', replacement='${1}_x', action='labelmap'), R(regex='__.*|job_x', action='labeldrop')],
]

D = tempfile.mkdtemp()
cfg = {'scrape_configs': [{'job_name': 'c%03d' % i, 'static_configs': [{'targets': ['127.0.0.1:1'], 'labels': L}], 'relabel_configs': c} for i, c in enumerate(CASES)]}
json.dump(cfg, open(D + '/p.yml', 'w'))
P = subprocess.Popen(['prometheus', '--config.file=' + D + '/p.yml', '--storage.tsdb.path=' + D + '/data', '--web.listen-address=127.0.0.1:19778'], stderr=open(D + '/log', 'w'))
try:
    for _ in range(40):
        time.sleep(0.5)
        try:
            data = json.load(urllib.request.urlopen('http://127.0.0.1:19778/api/v1/targets'))['data']
            if len(data['activeTargets']) + len(data['droppedTargets']) >= len(CASES) - 1:
                break
        except Exception:
            pass
    rows = []
    for i, c in enumerate(CASES):
        name = 'c%03d' % i
        before = {'__address__': '127.0.0.1:1', '__metrics_path__': '/metrics', '__scheme__': 'http', '__scrape_interval__': '1m', '__scrape_timeout__': '10s', 'job': name}
        before.update({k: v for k, v in L.items() if v})
        hit = [t for t in data['activeTargets'] if t['scrapePool'] == name]
        rows.append({'rules': json.dumps(c, ensure_ascii=False), 'before': before, 'after': hit[0]['labels'] if hit else None, 'url': hit[0]['scrapeUrl'] if hit else None})
    print('[\n' + ',\n'.join(json.dumps(r, ensure_ascii=False) for r in rows) + '\n]')
finally:
    P.terminate()
    P.wait()
    shutil.rmtree(D, ignore_errors=True)
