import { readLines } from './spellings.ts';

/** Commands and texts of every day without a secret: the finders were written with them. */
export const ORDINARY: readonly string[] = readLines(String.raw`
git status --short --branch
git log --oneline -n 20 --author=bob
git log -p -S password -- src/auth.ts
git grep -n "password" -- '*.ts'
git commit -m "fix: password reset token is checked twice"
git commit -am 'Add --token flag to login'
git push -u origin feature/token-refresh
git push -u origin HEAD:refs/heads/main
git checkout -b fix/secret-names
git diff a1b2c3d4..e5f6a7b8 -- packages/auth
git show 3f786850e387550fdab836ed7e6dc881de23001b --stat
git rev-parse --verify HEAD^{commit}
git clone git@github.com:owner/secret-store.git
git clone https://github.com/owner/repo.git
git config user.name "Bob Builder"
git config user.email bob@example.org
git config credential.helper store
git remote add origin ssh://git@example.org:2222/owner/repo.git
git stash push -u -m "wip token parser"
git cherry-pick a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
docker ps -a --format '{{.Names}}: {{.Status}}'
docker run -u 1000:1000 -p 8080:80 nginx
docker run -u node:node -v /srv/a:/a -p 127.0.0.1:3000:3000 node:22 npm start
docker run --user root:root --rm -it alpine:3.20 sh
docker exec -u root web mkdir -p build
docker exec -it web sh -c 'ls -la /run/secrets'
docker build -t example.org/app:1.2.3 -f Dockerfile .
docker pull node@sha256:{hex64}
docker compose -p shop -f compose.yaml up -d
docker login ghcr.io
docker secret ls
docker tag app:latest registry.example.org:5000/app:v1.2.3
docker logs --tail 100 -f web | grep -i token
npm run test -- --reporter=dot
npm i -D @types/node@22 vitest@3.2.4
npm config get registry
npm config set registry https://npm.example.org/
npm token list
npm view @scope/pkg@1.2.3 dist.integrity
pnpm --filter @live-status/redaction test
npx tsc -p tsconfig.json --noEmit
yarn workspace web build --mode production
kubectl get secret db -o name
kubectl get secrets -n shop
kubectl describe secret db-creds-v2 -n shop
kubectl create secret generic db --from-file=./db.env
kubectl create secret tls web --cert=tls.crt --key=tls.key
kubectl create token default -n shop
kubectl -n shop exec -it web-7d9f8b6c5d-x2x4z -- ls -la /app
kubectl logs deploy/web -c app --since=10m
kubectl port-forward svc/db 5432:5432
kubectl apply -f k8s/secret-store.yaml
kubectl config set-context --current --namespace=shop
helm upgrade --install web ./chart -f values.yaml --set image.tag=1.2.3
helm template . --set existingSecret=db
curl -fsSL https://example.org/install.sh | sh
curl -s -o /dev/null -w '%{http_code}\n' https://example.org
curl -u bob https://example.org
curl -X POST -H 'Content-Type: application/json' -d '{"a":1}' localhost:8080/a
curl -k -L https://example.org/a/b?page=2
curl -H "Accept: application/vnd.github+json" https://api.github.com/repos/a/b
curl -H "Authorization: Bearer $TOKEN" https://example.org
curl -u "$USER:$PASSWORD" https://example.org
curl -I https://example.org -A 'Mozilla/5.0 (X11; Linux x86_64)'
curl --retry 3 --max-time 10 -T a.tgz https://example.org/up/
curl -sS "https://example.org/search?q=token&sort=key"
wget -qO- https://example.org/a.tar.gz | tar xz
find . -name '*secret*' -not -path './node_modules/*'
find /etc -type f -perm -o+w -print0 | xargs -0 ls -l
find src -name "*.ts" -exec grep -l "password" {} +
grep -rn "password" src/
grep -rni 'api_key' --include=*.py .
grep -E "(token|secret)=" .env.example
grep -c password2 /var/log/auth.log
rg -n "token: string" packages
rg --files-with-matches 'secretName' -g '*.yaml'
sed -i 's/password/passphrase/g' docs/auth.md
sed -n '1,40p' src/token-parser.ts
awk -F: '{print $1}' /etc/passwd
awk '/password/ {print NR": "$0}' a.log
cat /etc/passwd | cut -d: -f1
cat src/auth/password-reset.ts | head -50
cat ~/.ssh/id_ed25519.pub
ls -la ~/.config/gh
ls -lu -p src
cp -u -p a.txt b.txt
cp -a /srv/keys /backup/keys-2026-11-30
mv token.ts token-store.ts
mkdir -p build/{a,b}/c
sudo -u bob mkdir -p build
sudo -u postgres psql -c 'select 1'
sudo -l -U bob
sudo passwd bob
sudo systemctl restart ssh
sudo -S true < /run/secrets/sudo
tar -czf keys.tgz --exclude=secrets keys
rsync -u -p -a src/ bob@host:/srv/app
rsync -avu host:backup/db1 .
rsync -e 'ssh -p 2222' a bob@host:/srv
ssh -p 2222 -l bob host uptime
ssh -i ~/.ssh/id_ed25519 -L 5432:db:5432 bob@host
ssh bob@host 'cd /srv && git pull'
ssh-keygen -t ed25519 -C bob@example.org
ssh-keygen -lf key.pub
scp -P 2222 a.txt bob@host:/tmp/
sftp -P 2222 bob@host
ps -u bob -p 4242 -o pid,cmd
ps aux | grep -v grep | grep node
psql -U bob -p 5432 -h db shop
psql -U bob -w shop
psql -U bob -d shop -c "select id from tokens where user_id = 'bob'"
psql -c "SELECT password_hash IS NOT NULL FROM users"
psql -c "ALTER TABLE users ADD COLUMN password text NOT NULL"
psql -c "CREATE ROLE bob LOGIN PASSWORD NULL"
pg_dump -U bob -p 5433 -Fc shop > shop.dump
mysql -u root -p shop
mysql -uroot -p -e 'show tables'
mysql -h db -P 3306 -u root shop
mysqladmin -u root -p status
redis-cli -h cache -p 6379 ping
redis-cli -n 2 --scan --pattern 'session:*'
mongosh mongodb://localhost:27017/shop
sqlite3 app.db ".schema tokens"
date -u +%H:%M:%S
date -u -d '2026-11-30 13:20' +%s
sort -u -k2,2 a.txt b.txt
sort -t: -k3 -n /etc/group
python -u app.py --port 8080
python3 -m http.server 8000 --bind 127.0.0.1
python manage.py changepassword bob
gunicorn -w 4 -b 0.0.0.0:8000 app:app
uvicorn app.main:app --reload --port 8000
node --test --import tsx src/token.test.ts
node -p "process.versions.node"
node -e 'console.log(process.env.TOKEN ? "set" : "unset")'
deno run --allow-net=example.org main.ts
cargo build --release -p token-bucket
cargo test -p auth -- password
go test ./internal/auth -run TestPassword -v
make -j4 test VERBOSE=1
terraform plan -var-file=prod.tfvars -out=plan.bin
terraform apply -var region=eu-central-1
ansible-playbook -i hosts site.yml --ask-become-pass -u deploy
ansible-vault view secrets.yml --vault-password-file ~/.vault
aws s3 cp s3://bucket/a.txt . --profile prod
aws secretsmanager get-secret-value --secret-id db
aws sts get-session-token --duration-seconds 3600
aws ssm get-parameter --name /app/db/password --with-decryption
gcloud secrets versions access latest --secret=db
gcloud auth print-access-token
az keyvault secret show --vault-name v --name n
gh auth status
gh auth login --with-token < token.txt
gh pr create --title "Rotate token" --body "See #12"
gh secret list -R owner/repo
gh api repos/owner/repo/actions/secrets/public-key
vault kv get -field=password secret/db
vault login -method=oidc
vault token lookup
pass show web/example.org
op item get db --fields password
gpg --list-secret-keys --keyid-format=long
gpg -d secrets.gpg
openssl rand -hex 32
openssl x509 -in cert.pem -noout -text
openssl s_client -connect example.org:443 -servername example.org
openssl genrsa -out key.pem 4096
openssl dgst -sha256 a.tgz
openssl pkcs12 -in a.p12 -passin env:P12_PASS -nodes
keytool -list -keystore a.jks
nmcli dev wifi list
nmcli con show --active
nmap -p 22,80,443 -sV 10.0.0.0/24
nc -zv db 5432
lsof -i :8080 -P -n
netstat -tlnp | grep 3000
journalctl -u ssh -p err --since today
systemctl status nginx.service
chown -R node:node /app
chmod -R u+rwX,go-w .
useradd -m -u 1001 -s /bin/bash bob
su - bob -c 'whoami'
passwd -S bob
echo hello | sudo tee /etc/motd
echo "password is required" >&2
echo $PASSWORD | sudo -S ls
echo "$GH_TOKEN" | gh auth login --with-token
cat token.txt | docker login -u bob --password-stdin
printf '%s\n' a b c | sort
printf "%s\t%s\n" name value
read -s -p 'Password: ' PASSWORD
export TOKEN=$(cat ~/.token)
export PATH="$HOME/bin:$PATH"
PWD=/srv/app make
DB_PASSWORD_FILE=/run/secrets/db ./run
NODE_ENV=test PORT=3000 npm start
env | grep -i secret
unset AWS_SECRET_ACCESS_KEY GITHUB_TOKEN
tail -n 100 -f /var/log/app.log | grep --line-buffered token
jq -r '.token' a.json
jq '.items[] | {key: .name, value: .value}' a.json
yq '.spec.secretName' a.yaml
xargs -n1 -P4 curl -sO < urls.txt
patch -u -p 1 < a.patch
patch -p1 < fix-token.patch
vim +12 src/password.ts
7z x a.7z -oout -y
unzip -p a.zip token.txt | head
lftp -u bob sftp://host
base64 -d a.b64 > key.bin
sha256sum -c SHA256SUMS
sha256:{hex64}
build-{hex40}
cache-linux-{hex32}
app-3f786850e387550fdab836ed7e6dc881de23001b.js
run-{uuid}
session_{uuid}
toolu_01A09q90qw90lq917835lq9
call_Ab3dEf6hIj9kLm2nOp5qRs8t
chatcmpl-9aBcDeFgHiJk1mNoPqRsTuVwXyZ01
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA
feature/JIRA-1234-add-token-refresh-for-service-accounts
arn:aws:iam::123456789012:role/TokenRotationRole
module.exports.createPasswordResetTokenHandlerForUsers
Error: Unexpected token '<', "<!doctype "... is not valid JSON
Error: secret "db-creds" not found
Invalid username or password.
The password must have at least 12 characters.
password strength: weak
keyword: value, keyboard: de
const { token, secret } = config;
if (!password) throw new Error('password is missing');
<Login token={token} onPassword={setPassword} />
<input type="password" name="password" autocomplete="off">
interface Options { password?: string; token: string }
["username", "password", "token"]
password = getpass.getpass("Password: ")
const key = await crypto.subtle.importKey("raw", data, "HKDF", false, ["deriveKey"]);
Set the token with TOKEN=$TOKEN, then run make.
bob@example.org: mailto:bob@example.org
npm:rolldown-vite@7.1.2
2026-11-30T13:20:00Z INFO auth: user bob logged in
POST /api/v1/token 200 12ms
max_tokens=4096 temperature=0.2 top_p=1
`);

/** Written before the finders and never looked at while they were: only the rate is. */
export const HELD_BACK_ORDINARY: readonly string[] = readLines(String.raw`
git rebase -i --autosquash origin/main
git log --grep='token' --since='2 weeks ago' --format='%h %an %s'
git blame -L 10,20 src/secret-name.ts
git tag -s v2.3.4 -m "Release 2.3.4"
git fetch origin pull/123/head:pr-123
git push --force-with-lease origin feature:feature
git bisect start HEAD v1.0.0
git worktree add ../hotfix -b hotfix/pass-through
git archive --prefix=app-1.2.3/ -o app.tgz HEAD
git submodule update --init --recursive
docker run --rm -v "$PWD:/work" -w /work -u "$(id -u):$(id -g)" golang:1.23 go build ./...
docker inspect -f '{{json .NetworkSettings.Networks}}' web
docker exec -u www-data:www-data web php artisan migrate
docker network create --subnet 172.20.0.0/16 shop
docker buildx build --platform linux/amd64,linux/arm64 --secret id=npm,src=.npmrc .
docker run -p 80:80 -p 443:443 --name proxy -d traefik:v3.1
docker cp web:/app/keys.json ./keys.json
docker system prune -af --volumes
npm ci --ignore-scripts --no-audit
npm publish --access public --otp=$OTP
npm exec -- vitest run src/password.test.ts -t 'resets a password'
npm audit fix --only=prod
bun test --watch src/auth
kubectl get pods -l app=web,tier=front -o wide
kubectl rollout status deploy/web --timeout=120s
kubectl get secret db -o jsonpath='{.data.password}' | base64 -d
kubectl delete secret regcred --ignore-not-found
kubectl create configmap app --from-literal=mode=fast
kubectl auth can-i get secrets --as=system:serviceaccount:shop:web
kubectl cp shop/web-0:/tmp/a.log ./a.log
kubectl run tmp --image=busybox:1.36 --rm -it --restart=Never -- wget -qO- http://web:8080
curl -sSL -o /tmp/key.asc https://example.org/keys/release.asc
curl -b cookies.txt -c cookies.txt https://example.org/login
curl -XGET 'localhost:9200/_cat/indices?v&s=index'
curl --resolve example.org:443:127.0.0.1 https://example.org
curl -w "@format.txt" -so /dev/null https://example.org
curl -H 'If-None-Match: "33a64df551425fcc55e4d42a148795d9f25f89d4"' https://example.org/a
curl -d @payload.json -H 'Content-Type: application/json' https://example.org/hook
find . -type d -name __pycache__ -prune -exec rm -rf {} +
find / -user bob -size +10M 2>/dev/null
grep -rl --exclude-dir=.git 'SECRET_KEY' .
grep -oP '(?<=token=)\w+' a.log | sort | uniq -c
rg 'password\s*=' -t py
ag --ignore node_modules passphrase
awk -v key=name '$1 == key { print $2 }' a.txt
awk 'BEGIN{FS=":"} $3 >= 1000 {print $1}' /etc/passwd
sed -E 's/(token)=[^&]+/\1=x/' urls.txt
cut -d' ' -f2- keys.txt | tr -d '"'
diff -u old/auth.ts new/auth.ts
tee -a ~/.bashrc <<< 'export EDITOR=vim'
cat <<EOF > a.txt⏎hello⏎EOF
ls -1 node_modules/.pnpm | grep token
stat -c '%U:%G %a' /etc/shadow
ln -s ../secrets/config.json config.json
tar --use-compress-program=zstd -cf a.tar.zst -C /srv app
sudo -E -u www-data php bin/console cache:clear
sudo -u git -H bundle exec rake gitlab:check
sudo chown bob:bob /srv/app
sudo ss -ltnp sport = :5432
su postgres -c 'createdb -p 5433 shop'
ssh -o StrictHostKeyChecking=no -J jump bob@10.0.0.5
ssh-copy-id -i ~/.ssh/id_rsa.pub -p 2200 bob@host
ssh -N -R 8080:localhost:3000 bob@host
scp -r bob@host:/srv/app/logs ./logs-2026
rsync -az --delete -e ssh dist/ deploy@host:/var/www/app/
psql -h localhost -U postgres -p 5432 -f schema.sql
psql -At -c "select count(*) from access_tokens where revoked = false"
mysql -u app -e "SELECT user, host FROM mysql.user WHERE plugin = 'caching_sha2_password'"
mysql --login-path=prod shop < dump.sql
mongodump --db shop --out /backup/2026-11-30
redis-cli --tls --cacert ca.crt info keyspace
python -m pip install 'requests>=2.31' token-utils==1.4.2
python -c "import secrets; print(secrets.token_hex(16))"
pytest tests/test_password.py::test_reset -x -q -p no:cacheprovider
node --env-file=.env dist/server.js
node -e "require('crypto').randomBytes(32).toString('hex')"
cargo run -p cli -- login --user bob
go run ./cmd/server -addr :8080 -tls-key key.pem
java -jar app.jar --server.port=8081 --spring.profiles.active=prod
mvn -q -DskipTests package -pl auth -am
./gradlew :auth:test --tests '*PasswordTest'
terraform import aws_secretsmanager_secret.db arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf
aws ec2 describe-instances --filters Name=key-name,Values=ops
aws iam list-access-keys --user-name bob
gcloud compute ssh web-1 --zone europe-west3-a
az account get-access-token --query expiresOn
openssl req -new -key key.pem -out req.csr -subj /CN=example.org
openssl rsa -in key.pem -check -noout
gpg --export-secret-keys -a bob > key.asc
age -d -i key.txt secrets.age
crontab -u bob -l
useradd -r -u 999 -g app app
ip -4 addr show dev eth0
tcpdump -i eth0 -w out.pcap port 5432
ffmpeg -i in.mp4 -c:v libx264 -crf 23 -pass 1 -f null /dev/null
The token bucket refills 10 tokens per second; see README.
TypeError: Cannot read properties of undefined (reading 'token')
export function isSecret(name: string): boolean {
{"usage":{"prompt_tokens":120,"completion_tokens":34},"id":"msg_01XFDUDYJgAACzvnptvVoYEL"}
| key | value | secret |
`);
