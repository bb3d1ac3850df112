#!/usr/bin/env python3
"""exposition_cases.py -- what a real Prometheus server makes of odd /metrics bodies.

Serves every body once to a prometheus started here and writes tests/data/exposition/cases.json: body (one
character per byte), format, up, samples, metadata. Needs prometheus in PATH; the tests need only its result.

    tests/tools/exposition_cases.py [SEED [RANDOM_CASES]] > tests/data/exposition/cases.json
"""
import http.server, json, os, random, shutil, subprocess, sys, tempfile, threading, time, urllib.parse, urllib.request
random.seed(int(sys.argv[1]) if len(sys.argv)>1 else 1)
N=int(sys.argv[2]) if len(sys.argv)>2 else 300
base_text=[b'a 1\n',b'# HELP a some help\n# TYPE a counter\na{x="1",y="2"} 2\n',b'a{x="q\\"\\\\n"} 3 1234\n',b'# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n',b'#c\n',b'\n',b'a{} NaN\n', b'# HELP b \n', b'# HELP b\n', b'b 0x1p3\n', b'infi Infinity\n', b'c{a=""} 1\n']
base_om=[b'# TYPE a counter\na_total 1\n# EOF\n',b'# TYPE a counter\n# UNIT a_s s\n# HELP a hel\\"p\na_total{x="1"} 2 12.5 # {t="x"} 1 2\n# EOF',b'# TYPE h histogram\nh_bucket{le="+Inf"} 2 # {} 1\nh_sum 1\n# EOF\n']
hand_text=[b'#\0 x\nb 2\n',b'a 1\n\0b 2\n',b'# \0 HELP a b\nb 2\n',b'# HELP a b\0c\na 1\n',b'a{x="p\0q"} 1\n',b'a\0 1\n',b'a 1\0\n',b'# HELP a\na 1\n',b'# HELP a \na 1\n',b'# HELP a\t\t\na 1\n',b'# HELP a  two\na 1\n',b'# TYPE a\tcounter\na 1\n',b'# TYPE a counter \na 1\n',b'# HELP a{x} foo\na 1\n',b'# HELP 1a foo\na 1\n',b'# HELPa foo\na 1\n',b'# HELP\na 1\n',b'# HELP \na 1\n',b' # HELP a foo\na 1\n',b' \t\na 1\n',b'\ta 1\n',b'a{x="1"}{y="2"} 1\n',b'a+1\n',b'a-1\n',b'a.5\n',b'a{x="a\nb"} 1\n',b'a{x="a\\\nb"} 1\n',b'a{x="\\q\\t\\\\"} 1\n',b'a{,} 1\n',b'a{x="1",,} 1\n',b'a{x="1" y="2"} 1\n',b'a { x = "1" , } 1\n',b'a{x="",x="2"} 1\n',b'a{x="2",x=""} 1\n',b'a{__name__=""} 1\n',b'a{__name__="",x="1"} 1\n',b'a 1 99999999999999999999\n',b'a 1 9223372036854775807\n',b'a 1 5 \n',b'a 1 5 6\n',b'a 1 -5\n',b'a inf\nb INF\nc +iNfInItY\nd -inf\ne nan\n',b'a +nan\n',b'a 1_000\n',b'a 0x10\n',b'a infinityx\n',b'a 1e\n',b'a .\n',b'a +\n',b'a 1e-400\n',b'a 1e+308\nb 123456789012345678901234567890\nc 0.1000000000000000055511151231257827021181583404541015625\n',b'a 9007199254740993\nb 1e23\nc 8.5e22\n d 1\n',b'a{job="x",instance="y"} 1\n',b'a{x="\xff"} 1\n',b'# HELP a \xff\na 1\n',b'# c \xff\na 1\n',b'# TYPE a \xffcounter\n',b'a 1',b'a{x="1"',b'a{x="1"}',b'a{x="1"} ',b'a',b'# HELP a',b'# TYPE a gauge',b'# TYPE a unknown\na 1\n',b'# TYPE a info\na 1\n',b':a:b 1\n',b'_ 1\n',b'a{_x="1"} 1\n',b'a{a:b="1"} 1\n',b'# TYPE a gauge\na 1\n# TYPE a counter\na 2\n# HELP a x\n# HELP a y\n',b'a 1\na 1\na 2\n',b'a 1 10\na 2 20\n',b'a\xc3\xa4 1\n',b'# HELP a x\\ny\\"z\\\\\na 1\n', b'a{x="1",} 1\n',b'a 1e5\r\n',b'a 1 # {x="y"} 1\n',b'a{x=\'1\'} 1\n',b'a 1\x0b\n',b'a\x0b1\n',b'a 1e0000000001\n',b'a 00000000000000000000000001\n',b'a 0.00000000000000000000000000000000001\n',b'a 1.e3\nb -.5e-3\n',b'a{x="\\\\"} 1\n',b'a{x="\\"} 1\n',b'a 1\n#\n',b'a 1\n#',b'a 1\n# ',b'#\n#\n']
hand_om=[b'# EOF',b'# EOF\n',b'# EOF\n\n',b'a 1\n# EOF',b'a 1\n# EOF ',b'a 1\n#EOF',b'a 1\n',b'a 1',b'a\t1\n# EOF\n',b'a 1 \n# EOF\n',b'a 1 1\n# EOF\n',b'a 1 1.5\n# EOF\n',b'a 1 -1.5e3\n# EOF\n',b'a 1 NaN\n# EOF\n',b'a 1 Inf\n# EOF\n',b'a 1 x\n# EOF\n',b'a{x="1",} 1\n# EOF\n',b'a{,x="1"} 1\n# EOF\n',b'a{x="1" ,y="2"} 1\n# EOF\n',b'a{ x="1"} 1\n# EOF\n',b'a{} 1\n# EOF\n',b'a {} 1\n# EOF\n',b'a{x="a\nb"} 1\n# EOF\n',b'a_total 1 # {} 1\n# EOF\n',b'a_total 1 # {x="1",y="2"} 1 5.5\n# EOF\n',b'a_total 1 # {x="1",} 1\n# EOF\n',b'a_total 1 # {x="1"}\n# EOF\n',b'a_total 1 # {x="1"} \n# EOF\n',b'a_total 1 # {x="1"} x\n# EOF\n',b'a_total 1 # {x="1"} 1 x\n# EOF\n',b'a_total 1 # {x="1"} 1 NaN\n# EOF\n',b'a_total 1 5 # {x="1"} 1\n# EOF\n',b'a_total 1  # {x="1"} 1\n# EOF\n',b'a_total 1 # {x="1"} 1 # {y="1"} 1\n# EOF\n',b'a 1 # {x="1"} 1\n# EOF\n',b'a_bucket 1 # {x="1"} 1\n# EOF\n',b'# UNIT a_seconds seconds\na_seconds 1\n# EOF\n',b'# UNIT seconds seconds\n# EOF\n',b'# UNIT a_s \n# EOF\n',b'# UNIT a_s\n# EOF\n',b'# HELP a x\\"y\\\\z\\n\n# EOF\n',b'# HELP a\n# EOF\n',b'# HELP a \n# EOF\n',b'# HELP a x',b'# TYPE a gaugehistogram\n# TYPE b stateset\n# TYPE c info\n# TYPE d unknown\n# EOF\n',b'# TYPE a untyped\n# EOF\n',b'# FOO a b\n# EOF\n',b'#\n# EOF\n',b'\na 1\n# EOF\n',b'a 1\n\0# EOF\n',b'a{x="p\0q"} 1\n# EOF\n',b'# HELP a p\0q\n# EOF\n',b'a{x="\xff"} 1\n# EOF\n',b'a 1\r\n# EOF\r\n',b'a nan\nb +Inf\nc -inf\n# EOF\n',b'a{x="\\q\\n\\""} 1\n# EOF\n',b'a 1 0.0009\n# EOF\n',b'a 1 1e300\n# EOF\n',b'a 1\n# EOF\nb 2\n# EOF\n', b'a 1 #\n# EOF\n', b'a 1 # \n# EOF\n',b'# TYPE a  gauge\n# EOF\n',b'#  TYPE a gauge\n# EOF\n',b'# HELP a \xff\n# EOF\n',b'# UNIT a_\xff \xff\n# EOF\n']
alpha=[b' ',b'\t',b'\n',b'"',b'\\',b'{',b'}',b',',b'=',b'#',b'# ',b'a',b'1',b'.',b'-',b'\r',b'\0',b'\xff',b'x="1"',b'NaN',b'e',b'_',b':',b'# EOF\n',b'# TYPE ',b'# HELP ',b' # {']
def mutate(b):
    b=bytearray(b)
    for _ in range(random.randint(1,2)):
        i=random.randint(0,len(b)); k=random.random()
        if k<.5: b[i:i]=random.choice(alpha)
        elif k<.75: del b[i:i+1]
        else: b[i:i+1]=random.choice(alpha)
    return bytes(b)
cases=[('h%03d.prom.txt'%i,c) for i,c in enumerate(hand_text)]+[('h%03d.om.txt'%i,c) for i,c in enumerate(hand_om)]
for i in range(N):
    if i%2: cases.append(('r%04d.prom.txt'%i,mutate(b''.join(random.choice(base_text) for _ in range(random.randint(1,3))))))
    else: cases.append(('r%04d.om.txt'%i,mutate(random.choice(base_om))))
D = tempfile.mkdtemp()
bodies={}
for n,c in cases:
    bodies['/' + n] = c
class H(http.server.BaseHTTPRequestHandler):
    protocol_version='HTTP/1.1'
    def do_GET(s):
        b=bodies[s.path]; s.send_response(200); s.send_header('Content-Type','application/openmetrics-text; version=1.0.0' if '.om.' in s.path else 'text/plain; version=0.0.4'); s.send_header('Content-Length',str(len(b))); s.end_headers(); s.wfile.write(b)
    def log_message(s,*a): pass
srv=http.server.ThreadingHTTPServer(('127.0.0.1',0),H); port=srv.server_address[1]
threading.Thread(target=srv.serve_forever,daemon=True).start()
cfg={'global':{'scrape_interval':'4s','scrape_timeout':'4s'},'scrape_configs':[{'job_name':'c','honor_timestamps':False,'static_configs':[{'targets':[n for n,_ in cases]}],'relabel_configs':[{'source_labels':['__address__'],'target_label':'__metrics_path__','replacement':'/$1'},{'source_labels':['__address__'],'target_label':'instance'},{'target_label':'__address__','replacement':'127.0.0.1:%d'%port}]}]}
json.dump(cfg, open(D + '/p.yml', 'w'))
pp = 19777
P=subprocess.Popen(['prometheus','--config.file=' + D + '/p.yml', '--storage.tsdb.path=' + D + '/data','--web.listen-address=127.0.0.1:%d'%pp],stderr=subprocess.DEVNULL)
def get(u):
    return json.load(urllib.request.urlopen('http://127.0.0.1:%d%s'%(pp,u)))
try:
    t0=time.time()
    while time.time()-t0<40:
        time.sleep(1)
        try:
            r=get('/api/v1/query?query=count(up)')['data']['result']
            if r and int(r[0]['value'][1])==len(cases): break
        except Exception as e: pass
    time.sleep(1)
    per={n:[] for n,_ in cases}; up={}
    for r in get('/api/v1/query?query='+urllib.parse.quote('{job="c"}'))['data']['result']:
        m=r['metric']; n=m['instance']; name=m.get('__name__','')
        if name=='up': up[n]=int(r['value'][1]); continue
        if name.startswith('scrape_'): continue
        ls={k:v for k,v in m.items() if k not in('job','instance','__name__')}
        # exported_ labels mean the body's own
        for k in ('job','instance'):
            if 'exported_'+k in ls: ls[k]=ls.pop('exported_'+k)
        esc=lambda v:v.replace('\\','\\\\').replace('\n','\\n').replace('"','\\"').replace('\0','\ufffd')
        per[n].append([name+'{'+','.join('%s="%s"'%(k,esc(v)) for k,v in sorted(ls.items()))+'}',r['value'][1]])
    meta={n:[] for n,_ in cases}
    for m in get('/api/v1/targets/metadata')['data']:
        meta[m['target']['instance']].append([m['metric'],m['type'],m['unit'],m['help'].replace('\0','\ufffd')])
    rows = [{'body': c.decode('latin-1'), 'openmetrics': '.om.' in n, 'up': up.get(n, -1), 'samples': sorted(per[n]), 'metadata': sorted(meta[n])} for n, c in cases]
    print('[\n' + ',\n'.join(json.dumps(r) for r in rows) + '\n]')
finally:
    P.terminate(); P.wait(); srv.shutdown()
    shutil.rmtree(D, ignore_errors=True)
