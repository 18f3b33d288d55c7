package main

import (
	"strings"

	"github.com/syncsvc/syncsvc/config"
	"github.com/syncsvc/syncsvc/instance"
)

// greet prints the lines that users of sersync know, and copy from: each
// command can be run as it stands.
func (r *sersyncRun) greet(a *app) {
	f := r.flags
	a.say("parse the command param")
	if f.daemon {
		a.say("option: -d \trun as a daemon")
	}
	if f.first {
		a.say("option: -r \trsync all the local files to the remote servers before the sersync work")
	}
	if f.threadsGiven {
		a.say("option: -n \tthread num is：  %d", f.threads)
	} else {
		a.say("daemon thread num: %d", f.threads)
	}
	a.say("option: -o \tconfig xml name：  %s", f.file)
	if f.plugin != "" {
		a.say("option: -m \tworking plugin name: %s", f.plugin)
	}
	a.say("parse xml config file")
	a.say("host ip : %s\thost port: %s\t(not used)", r.file.Host, r.file.Port)
	a.warnings(r.modules)
	for _, m := range r.modules {
		for _, p := range config.CheckSystem(m) {
			a.remark("warning: %s", p.Error())
		}
	}
	if f.daemon {
		a.say("daemon start，sersync run behind the console")
	}
	r.greetRsync(a)
	for _, m := range r.modules {
		a.say("watch path is: %s", m.Watch)
	}
}

func (r *sersyncRun) greetRsync(a *app) {
	targets, folders := 0, len(r.modules)
	for _, m := range r.modules {
		targets += len(m.Targets)
	}
	if first := r.modules[0]; len(first.Targets) > 0 && first.Targets[0].PasswordFile != "" {
		a.say("use rsync password-file :\nuser is\t%s\npasswordfile is \t%s", first.Targets[0].User, first.Targets[0].PasswordFile)
	}
	if first := r.modules[0]; !first.Schedule.Off() {
		a.say("Start the crontab \t%s rsync all the files to the remote servers entirely", strings.Replace(first.Schedule.String(), "every", "Every", 1))
	}
	a.say("config xml parse success")
	n := r.flags.threads
	a.say("sersync working thread %d  = 1(primary thread) + 1(fail retry thread) + %d(daemon sub threads) ", n+2, n)
	a.say("Max threads numbers is: %d = %d(Thread pool nums) + %d(Sub threads)", (n+2)*folders+n*targets, (n+2)*folders, n*targets)
	a.say("please according your cpu ，use -n param to adjust the cpu rate")
	if r.flags.first && targets > 0 {
		a.say("------------------------------------------")
		a.say("rsync the directory recursivly to the remote servers once")
		a.say("working please wait...")
	}
	for _, m := range r.modules {
		for _, t := range m.Targets {
			if r.flags.first {
				a.say("execute command: %s", instance.FullSyncCommand(m, t))
			}
		}
	}
	a.say("run the sersync: ")
}
